/** The pages of a forgotten password. */
import { emailField, faultLine, hiddenField, passwordField } from "./fields.ts";
import { html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";
import { securityMessages } from "./securityMessages.ts";

/** Whose password it is. */
export interface ForgotForm {
  readonly tenant: string | null;
  readonly email: string;
  readonly fault: string | null;
}

/** Whose password is forgotten? */
export function forgotPage(messages: Messages, { tenant, email, fault }: ForgotForm): string {
  const words = securityMessages(messages);
  return page(
    messages,
    words.forgotTitle,
    html`<p>${words.forgotText}</p>
      ${faultLine(fault)}
      <form method="post" action="/sign-in/forgot">
        ${tenant !== null && hiddenField("tenant", tenant)}${emailField(messages, email, { focused: true })}<button>
          ${words.forgotSubmit}
        </button>
      </form>
      <p class="apart"><a href="${signInUrl(tenant)}">${messages.back}</a></p>`,
  );
}

/** A mail is on its way: the same page for every address. */
export function forgotSentPage(messages: Messages, email: string): string {
  const words = securityMessages(messages);
  return page(messages, words.sentTitle, html`<p>${words.sentText(email)}</p>`);
}

/** Looking at the page does nothing: programs open the links of mails. */
export function resetPage(messages: Messages, token: string, fault: string | null): string {
  const words = securityMessages(messages);
  return page(
    messages,
    words.resetTitle,
    html`<p>${words.resetText}</p>
      ${faultLine(fault)}
      <form method="post" action="/sign-in/reset">
        ${hiddenField("token", token)}${passwordField(messages.newPassword, {
          name: "password",
          kind: "new",
          focused: true,
        })}<button>${messages.save}</button>
      </form>`,
  );
}

/** It holds. */
export function resetDonePage(messages: Messages): string {
  const words = securityMessages(messages);
  return page(
    messages,
    words.resetTitle,
    html`<p role="status">${words.resetDone}</p>
      <a class="button" href="/sso/start">${messages.signIn}</a>`,
  );
}

function signInUrl(tenant: string | null): string {
  return tenant === null ? "/sso/start" : `/sign-in?${new URLSearchParams({ tenant })}`;
}
