/**
 * The only script of the pages: it hands a form's question to the browser's passkeys and its answer to the form. By the
 * browser's own JSON forms (WebAuthn §5.1.8–5.1.10), so that nothing of ours turns bytes into text.
 */
export const PASSKEY_SCRIPT = `"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const { passkey: kind, options, failed, unsupported } = form.dataset;
  const fault = form.querySelector("[role=alert]");
  const parse = window.PublicKeyCredential &&
    PublicKeyCredential[kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"];
  form.hidden = false;
  if (!parse) fault.textContent = unsupported;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!parse) return;
    try {
      const publicKey = parse.call(PublicKeyCredential, JSON.parse(options));
      const made = await navigator.credentials[kind]({ publicKey });
      form.elements.credential.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch {
      fault.textContent = failed;
    }
  });
}
`;
