/** The pages of the way in; each works without a script. */
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";

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
    html`${faultOf(form)}
      <form method="get" action="/sso/start">
        ${hidden(form)} <label for="email">${messages.email}</label
        ><input id="email" name="email" type="email" autocomplete="username" required autofocus value="${form.email}" />
        <p class="soft">${messages.emailHint}</p>
        <button>${messages.next}</button>
      </form>`,
  );
}

/** Address and password, for who has one. */
export function passwordPage(messages: Messages, form: SignInForm): string {
  const title = titleOf(messages, form);
  return page(
    messages,
    title,
    html`${faultOf(form)}
      <form method="post" action="/sign-in">
        ${hidden(form)} <label for="email">${messages.email}</label
        ><input id="email" name="email" type="email" autocomplete="username" required value="${form.email}" /><label
          for="password"
          >${messages.password}</label
        ><input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus
        /><button>${messages.signIn}</button>
      </form>`,
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
      ${fault && html`<p class="bad" role="alert">${fault}</p>`}
      <form method="post" action="/sign-in/password">
        <input type="hidden" name="csrf" value="${csrfToken}" /><label for="current">${messages.currentPassword}</label>
        <input id="current" name="current" type="password" autocomplete="current-password" required autofocus /><label
          for="next"
          >${messages.newPassword}</label
        >
        <input id="next" name="next" type="password" autocomplete="new-password" required /><button>
          ${messages.save}
        </button>
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
      <form method="post" action="/sign-out">
        <input type="hidden" name="csrf" value="${home.csrfToken}" /><button class="other">${messages.signOut}</button>
      </form>`,
  );
}

function titleOf(messages: Messages, { tenantName }: SignInForm): string {
  return tenantName === null ? messages.signIn : messages.signInAt(tenantName);
}

function faultOf({ fault }: SignInForm): Html {
  return fault === null ? html`` : html`<p class="bad" role="alert">${fault}</p>`;
}

function hidden({ tenant, returnTo }: SignInForm): Html {
  const kept = tenant === null ? html`` : html`<input type="hidden" name="tenant" value="${tenant}" />`;
  return html`${kept}<input type="hidden" name="return_to" value="${returnTo}" />`;
}
