/** The pages of single logout; each works without a script. */
import { createHash } from "node:crypto";
import type { LogoutOutcome } from "../directory/signIn/singleLogout.store.ts";
import { html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";
import { singleLogoutMessages } from "./singleLogoutMessages.ts";

/** The end of a sign-out. */
export function signedOutPage(messages: Messages, outcome: LogoutOutcome | "here"): string {
  const words = singleLogoutMessages(messages);
  return page(
    messages,
    words.title,
    html`<p>${words.outcomes[outcome]}</p>
      ${outcome !== "success" && html`<p class="soft">${words.closeBrowser}</p>`}
      <a class="button" href="/sso/start">${words.signInAgain}</a>`,
  );
}

/** Posts a form by itself where scripts run; by its button elsewhere. */
export const SUBMIT = "document.forms[0].submit()";
/** The one script of that page (CSP Level 3 §8.3). */
export const SUBMIT_HASH = `'sha256-${createHash("sha256").update(SUBMIT).digest("base64")}'`;

/** A form that goes on to the identity provider (SAML Bindings §3.5). */
export function goOnPage(messages: Messages, url: string, fields: Readonly<Record<string, string>>): string {
  const words = singleLogoutMessages(messages);
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return page(
    messages,
    words.onTitle,
    html`<p>${words.onText}</p>
      <form method="post" action="${url}">${hidden}<button>${messages.next}</button></form>
      ${{ html: `<script>${SUBMIT}</script>` }}`,
  );
}

/** A logout message that was not taken. */
export function logoutRefusedPage(messages: Messages, reference: string | null): string {
  const words = singleLogoutMessages(messages);
  return page(
    messages,
    words.refusedTitle,
    html`<p>${words.refusedText}</p>
      ${reference && html`<p><code>${messages.failedReference(reference)}</code></p>`}
      <a class="button" href="/">${messages.next}</a>`,
  );
}
