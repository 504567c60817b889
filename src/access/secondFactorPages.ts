/** The pages on which somebody shows who they are besides the password; without a script they lack passkeys alone. */
import type { PasskeyOptions } from "../directory/accounts/passkeyCeremony.ts";
import { faultLine, hiddenField, passwordField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";
import { securityMessages } from "./securityMessages.ts";

/** What is asked for, and where the answer goes. */
export interface FactorForm {
  readonly action: string;
  /** Values that go along. */
  readonly kept: Readonly<Record<string, string>>;
  readonly code: boolean;
  readonly password: boolean;
  readonly passkey: PasskeyOptions | null;
  readonly fault: string | null;
}

/** The second factor of a sign-in. */
export function factorPage(messages: Messages, form: FactorForm): string {
  const words = securityMessages(messages);
  return page(
    messages,
    words.factorTitle,
    html`<p>${words.factorText}</p>
      ${factorForms(messages, form)}`,
  );
}

/** Who is signed in shows once more who they are. */
export function proofPage(messages: Messages, form: FactorForm): string {
  const words = securityMessages(messages);
  const isPossible = form.code || form.password || form.passkey !== null;
  return page(
    messages,
    words.proofTitle,
    html`<p>${isPossible ? words.proofText : words.proofNothing}</p>
      ${factorForms(messages, form)}
      <p class="apart"><a href="/security">${messages.back}</a></p>`,
  );
}

/** A passkey alone. */
export function passkeyPage(messages: Messages, form: FactorForm, backUrl: string): string {
  const words = securityMessages(messages);
  return page(
    messages,
    words.passkeySignIn,
    html`<p>${words.passkeyText}</p>
      ${factorForms(messages, form)}
      <p class="apart"><a href="${backUrl}">${messages.back}</a></p>`,
  );
}

function factorForms(messages: Messages, form: FactorForm): Html {
  const words = securityMessages(messages);
  const { action, code, password, passkey } = form;
  const kept = keptFields(form);
  const typed = html`<form method="post" action="${action}">
    ${kept}${password && passwordField(messages.password, { name: "password", kind: "current", focused: true })}
    ${code && codeField(messages)}<button>${words.goOn}</button>
  </form>`;
  return html`${faultLine(form.fault)}${(code || password) && typed}${
    passkey && passkeyForm(messages, { kind: "get", action, kept, options: passkey, button: words.usePasskey })
  }`;
}

function keptFields({ kept }: FactorForm): Html {
  return html`${Object.entries(kept).map(([name, value]) => hiddenField(name, value))}`;
}

/** A code that is typed: digits of an app, or a recovery code. */
function codeField(messages: Messages): Html {
  const words = securityMessages(messages);
  return html`<label for="code">${words.code}</label
    ><input id="code" name="code" autocomplete="one-time-code" spellcheck="false" maxlength="40" required autofocus />
    <p class="soft">${words.codeHint}</p>`;
}

/** A form whose answer the browser's passkeys give; without a script it stays hidden, and its place says why. */
export function passkeyForm(
  messages: Messages,
  {
    kind,
    action,
    kept,
    options,
    button,
  }: {
    readonly kind: "get" | "create";
    readonly action: string;
    readonly kept: Html;
    readonly options: PasskeyOptions;
    readonly button: string;
  },
): Html {
  const words = securityMessages(messages);
  return html`<form
      method="post"
      action="${action}"
      hidden
      data-passkey="${kind}"
      data-options="${JSON.stringify(options)}"
      data-failed="${words.passkeyFailed}"
      data-unsupported="${words.passkeyUnsupported}"
    >
      <p class="bad" role="alert"></p>
      ${kept}<input type="hidden" name="credential" /><button>${button}</button>
    </form>
    <noscript><p class="soft apart">${words.needsScript}</p></noscript>
    <script src="/sign-in/passkey.js" defer></script>`;
}
