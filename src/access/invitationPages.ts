/** The pages of invitations and invite links; without a script the link is pasted. */
import type { SignInChoice } from "../directory/connections/connections.store.ts";
import { emailField, faultLine, hiddenField, passwordField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import { invitationMessages } from "./invitationMessages.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";

/** What every form carries along. */
interface Kept {
  readonly token: string;
  readonly returnTo: string;
}

/** Where the token comes out of the fragment: nothing has happened yet, for programs open the links of mails. */
export function tokenPage(messages: Messages, returnTo: string): string {
  const words = invitationMessages(messages);
  return page(
    messages,
    words.opening,
    html`<p>${words.openText}</p>
      <form method="post" action="/invitation" data-token>
        ${hiddenField("return_to", returnTo)}<label for="token">${words.token}</label
        ><input id="token" name="token" autocomplete="off" maxlength="500" required /><button>${words.open}</button>
      </form>
      <script src="/invitation.js"></script>`,
  );
}

/** What somebody is asked in to, and by which ways. */
export interface Offer extends Kept {
  readonly tenant: string;
  /** Whom an invitation is for; null for a link. */
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly ways: readonly SignInChoice[];
  readonly byPassword: boolean;
  readonly minLength: number;
  /** Whether it is known what they are called. */
  readonly named: boolean;
  readonly typed: { readonly email: string; readonly givenName: string; readonly familyName: string };
  readonly asksCode: boolean;
  readonly fault: string | null;
}

/** The page of an invitation or link: accept through the identity provider, or with a password. */
export function offerPage(messages: Messages, offer: Offer): string {
  const words = invitationMessages(messages);
  const { tenant, email, roles, byPassword, ways, fault } = offer;
  const only = ways.length > 0 ? words.ssoOnly(tenant) : words.noWay(tenant);
  return page(
    messages,
    words.title(tenant),
    html`<p>${email === null ? words.linkText : words.text(email)}</p>
      ${roles.length > 0 && html`<p class="soft">${words.roles(roles.join(", "))}</p>`}${!byPassword && html`<p>${only}</p>`}
      ${faultLine(fault)}${ways.map((way) => wayForm(messages, offer, way))}${byPassword ? passwordForm(messages, offer) : ""}`,
  );
}

function wayForm(messages: Messages, offer: Offer, { id, name }: SignInChoice): Html {
  return html`<form method="post" action="/invitation/connection">
    ${kept(offer)}${hiddenField("connection", id)}<button>${messages.continueWith(name)}</button>
  </form>`;
}

function passwordForm(messages: Messages, offer: Offer): Html {
  const words = invitationMessages(messages);
  const { email, named, typed, ways, minLength, asksCode } = offer;
  return html`${ways.length > 0 && html`<p class="apart">${words.orPassword}</p>`}
    <form method="post" action="/invitation/accept">
      ${kept(offer)}${email === null && emailField(messages, typed.email)}${!named && nameFields(messages, typed)}${passwordField(
        words.password,
        { name: "password", kind: "new" },
      )}
      <p class="soft">${words.passwordHint(minLength)}</p>
      ${asksCode && codeField(words.code)}<button class="${ways.length > 0 ? "other" : ""}">${words.accept}</button>
    </form>`;
}

function nameFields(messages: Messages, { givenName, familyName }: Offer["typed"]): Html {
  const words = invitationMessages(messages);
  return html`<label for="given">${words.givenName}</label
    ><input id="given" name="givenName" autocomplete="given-name" maxlength="100" required value="${givenName}" /><label
      for="family"
      >${words.familyName}</label
    ><input id="family" name="familyName" autocomplete="family-name" maxlength="100" required value="${familyName}" />`;
}

function codeField(label: string): Html {
  return html`<label for="code">${label}</label
    ><input id="code" name="code" autocomplete="one-time-code" maxlength="40" autofocus />`;
}

function kept({ token, returnTo }: Kept): Html {
  return html`${hiddenField("token", token)}${hiddenField("return_to", returnTo)}`;
}

/** The token opens nothing (any more). */
export function spentInvitationPage(messages: Messages): string {
  const words = invitationMessages(messages);
  return page(
    messages,
    words.spentTitle,
    html`<p>${words.spent}</p>
      <a class="button" href="/sso/start">${messages.signIn}</a>`,
  );
}

/** In, and yet to sign in. */
export function acceptedPage(messages: Messages, tenant: { readonly name: string; readonly slug: string }): string {
  const words = invitationMessages(messages);
  return page(
    messages,
    words.doneTitle(tenant.name),
    html`<p role="status">${words.done}</p>
      <a class="button" href="/sso/start?${String(new URLSearchParams({ tenant: tenant.slug }))}"
        >${messages.signIn}</a
      >`,
  );
}
