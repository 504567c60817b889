/** The pages of signing up; each works without a script. */
import type { Workspace } from "../directory/domains/autoJoin.ts";
import { defaultSettings } from "../directory/tenants/tenantSettings.ts";
import { emailField, faultLine, hiddenField, passwordField } from "./fields.ts";
import { html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";
import { signUpMessages } from "./signUpMessages.ts";

/** What the form holds, and what was amiss with it. */
export interface SignUpForm {
  readonly email: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly fault: string | null;
}

/** Address, name and password. */
export function signUpPage(messages: Messages, { email, givenName, familyName, fault }: SignUpForm): string {
  const words = signUpMessages(messages);
  return page(
    messages,
    words.title,
    html`<p>${words.text}</p>
      ${faultLine(fault)}
      <form method="post" action="/sign-up">
        <label for="given">${words.givenName}</label
        ><input
          id="given"
          name="givenName"
          autocomplete="given-name"
          maxlength="100"
          required
          value="${givenName}"
        /><label for="family">${words.familyName}</label
        ><input
          id="family"
          name="familyName"
          autocomplete="family-name"
          maxlength="100"
          required
          value="${familyName}"
        />${emailField(messages, email)}${passwordField(messages.password, {
          name: "password",
          kind: "new",
          minLength: defaultSettings.signIn.passwordMinLength,
        })}<button>${words.submit}</button>
      </form>`,
  );
}

/** A mail is on its way: the same page for every address. */
export function sentPage(messages: Messages, email: string): string {
  const words = signUpMessages(messages);
  return page(messages, words.sentTitle, html`<p>${words.sentText(email)}</p>`);
}

/** Looking at the page does nothing: programs open the links of mails. Whoever signed up knows the password. */
export function confirmPage(messages: Messages, token: string, fault: string | null): string {
  const words = signUpMessages(messages);
  return page(
    messages,
    words.confirmTitle,
    html`<p>${words.confirmText}</p>
      ${faultLine(fault)}
      <form method="post" action="/sign-up/confirm">
        ${hiddenField("token", token)}${passwordField(messages.password, {
          name: "password",
          kind: "current",
          focused: true,
        })}<button>${words.confirm}</button>
      </form>
      <p class="soft apart">${words.notMe}</p>`,
  );
}

type Shown = readonly (Workspace & { readonly url: string | null })[];

/** The address is proven: where its holder is in now, or can get in. */
export function confirmedPage(messages: Messages, workspaces: Shown): string {
  return outcomesPage(messages, signUpMessages(messages).doneTitle, workspaces);
}

/** What came of joining. */
export function outcomesPage(messages: Messages, title: string, workspaces: Shown): string {
  const words = signUpMessages(messages);
  const shown = workspaces.map(
    ({ tenant, outcome, url }) =>
      html`<p>${words.outcomes[outcome](tenant.name)}</p>
        ${url === null ? html`` : html`<a class="button" href="${url}">${words.goOn(tenant.name)}</a>`}`,
  );
  return page(messages, title, html`${shown.length > 0 ? shown : html`<p>${words.noWorkspace}</p>`}`);
}
