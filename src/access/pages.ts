/** The pages of the way in; each works without a script. */
import { accountMessages } from "./accountMessages.ts";
import { deviceMessages } from "./deviceMessages.ts";
import { emailField, faultLine, hiddenField, passwordField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { securityMessages } from "./securityMessages.ts";

/** Where a form goes and what it carries along. */
export interface SignInForm {
  readonly tenant: string | null;
  readonly tenantName: string | null;
  readonly email: string;
  readonly returnTo: string;
  /** The message under the title, if the last try failed. */
  readonly fault: string | null;
}

/** A whole page. */
export function page(messages: Messages, title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="${messages.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/sign-in/style.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.html;
}

/** First the address: it says where to go on. */
export function addressPage(messages: Messages, form: SignInForm): string {
  const title = titleOf(messages, form);
  return page(
    messages,
    title,
    html`${faultLine(form.fault)}
      <form method="get" action="/sso/start">
        ${hidden(form)} ${emailField(messages, form.email, { focused: true })}
        <p class="soft">${messages.emailHint}</p>
        <button>${messages.next}</button>
      </form>`,
  );
}

/** Address and password, for who has one; a passkey for who needs neither. */
export function passwordPage(messages: Messages, form: SignInForm): string {
  const title = titleOf(messages, form);
  const { passkeySignIn, forgot } = securityMessages(messages);
  const kept = { ...(form.tenant !== null && { tenant: form.tenant }), return_to: form.returnTo };
  // Without the address: what stands in a URL stands in histories.
  const lost = form.tenant === null ? {} : { tenant: form.tenant };
  return page(
    messages,
    title,
    html`${faultLine(form.fault)}
      <form method="post" action="/sign-in">
        ${hidden(form)}
        ${emailField(messages, form.email)}${passwordField(messages.password, {
          name: "password",
          kind: "current",
          focused: true,
        })}<button>${messages.signIn}</button>
      </form>
      <p class="links">
        <a href="/sign-in/passkey?${String(new URLSearchParams(kept))}">${passkeySignIn}</a
        ><a href="/sign-in/forgot?${String(new URLSearchParams(lost))}">${forgot}</a>
      </p>`,
  );
}

/** One way of several. */
export interface Choice {
  readonly name: string;
  readonly url: string;
}

/** Several connections: which one? */
export function chooserPage(messages: Messages, choices: readonly Choice[], passwordUrl: string | null): string {
  const links = choices.map(
    ({ name, url }) => html`<a class="button" href="${url}">${messages.continueWith(name)}</a>`,
  );
  const password = passwordUrl && html`<a class="button other" href="${passwordUrl}">${messages.usePassword}</a>`;
  return page(
    messages,
    messages.chooseTitle,
    html`<p>${messages.chooseText}</p>
      ${links}${password || ""}`,
  );
}

/** What a failed sign-in comes to, for the person. */
export interface ShownFailure {
  /** Leads the admin to the reason; null where there is nothing to read. */
  readonly reference: string | null;
  readonly retryUrl: string | null;
  /** What happened and what to do, where there is more to say than that it failed. */
  readonly text?: string;
}

/** It failed. */
export function failurePage(messages: Messages, { reference, retryUrl, text }: ShownFailure): string {
  const words =
    reference &&
    html`<p class="soft">${messages.failedAsk}</p>
      <p><code>${messages.failedReference(reference)}</code></p>`;
  const again = retryUrl && html`<a class="button" href="${retryUrl}">${messages.failedRetry}</a>`;
  return page(
    messages,
    messages.failedTitle,
    html`<p>${messages.failedText}</p>
      ${text && html`<p>${text}</p>`} ${words || ""}${again || ""}`,
  );
}

/** What a test sign-in came to; `detail` says why it would be refused, null that it would not. */
export function testedPage(messages: Messages, detail: string | null): string {
  return page(
    messages,
    messages.testTitle,
    html`<p>${detail === null ? messages.testPassed : messages.testRefused}</p>
      ${detail !== null && html`<p class="bad">${detail}</p>`}
      <p class="soft">${messages.testBack}</p>`,
  );
}

/** The password that somebody else chose must go. */
export function changePasswordPage(messages: Messages, csrfToken: string, fault: string | null): string {
  return page(
    messages,
    messages.changeTitle,
    html`<p>${messages.changeText}</p>
      ${faultLine(fault)}
      <form method="post" action="/sign-in/password">
        ${hiddenField("csrf", csrfToken)}${passwordField(messages.currentPassword, {
          name: "current",
          kind: "current",
          focused: true,
        })}${passwordField(messages.newPassword, { name: "next", kind: "new" })}<button>${messages.save}</button>
      </form>`,
  );
}

/** Who is signed in, as what. */
export interface Home {
  readonly name: string;
  readonly tenantName: string;
  readonly roles: readonly string[];
  readonly seat: "held" | "waiting" | "none";
  readonly csrfToken: string;
}

/** The member's own page. */
export function homePage(messages: Messages, home: Home): string {
  const seats = { held: messages.seatHeld, waiting: messages.seatWaiting, none: messages.seatNone };
  return page(
    messages,
    messages.homeTitle,
    html`<p>${messages.homeText(home.name, home.tenantName)}</p>
      <dl>
        <dt>${messages.roles}</dt>
        <dd>${home.roles.join(", ")}</dd>
        <dt>${messages.seat}</dt>
        <dd>${seats[home.seat]}</dd>
      </dl>
      <p class="links">
        <a href="/security">${securityMessages(messages).title}</a
        ><a href="/devices">${deviceMessages(messages).title}</a
        ><a href="/account">${accountMessages(messages).title}</a>
      </p>
      <form method="post" action="/sign-out">
        <input type="hidden" name="csrf" value="${home.csrfToken}" /><button class="other">${messages.signOut}</button>
      </form>`,
  );
}

function titleOf(messages: Messages, { tenantName }: SignInForm): string {
  return tenantName === null ? messages.signIn : messages.signInAt(tenantName);
}

function hidden({ tenant, returnTo }: SignInForm): Html {
  const kept = tenant === null ? html`` : html`<input type="hidden" name="tenant" value="${tenant}" />`;
  return html`${kept}<input type="hidden" name="return_to" value="${returnTo}" />`;
}
