import type { OwnAccount } from "../directory/accounts/accountAttach.ts";
import { accountMessages } from "./accountMessages.ts";
import { emailField, faultLine, hiddenField, passwordField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";

/** What the page shows. */
export interface ShownAccount {
  readonly account: OwnAccount;
  /** The one that this is. */
  readonly tenantId: string;
  readonly csrfToken: string;
  /** As it was typed. */
  readonly email: string;
  readonly fault: string | null;
}

/** Whether an account is connected: how to connect one, or where else it leads. */
export function accountPage(messages: Messages, shown: ShownAccount): string {
  const content = shown.account.attached ? attached(messages, shown) : form(messages, shown);
  return page(
    messages,
    accountMessages(messages).title,
    html`${content}<a class="button other" href="/">${messages.back}</a>`,
  );
}

function form(messages: Messages, { csrfToken, email, fault }: ShownAccount): Html {
  const words = accountMessages(messages);
  return html`<p>${words.none}</p>
    <p class="soft">${words.how}</p>
    ${faultLine(fault)}
    <form method="post" action="/account">
      ${hiddenField("csrf", csrfToken)}${emailField(messages, email)}${passwordField(messages.password, {
        name: "password",
        kind: "current",
      })}<label for="code">${words.code}</label
      ><input id="code" name="code" autocomplete="one-time-code" maxlength="40" /><button>${words.attach}</button>
    </form>`;
}

function attached(messages: Messages, { account, tenantId, csrfToken, fault }: ShownAccount): Html {
  const words = accountMessages(messages);
  const others = account.tenants.filter(({ id }) => id !== tenantId);
  const links = others.map(
    ({ slug, name }) =>
      html`<a class="button" href="/sso/start?${String(new URLSearchParams({ tenant: slug }))}"
        >${words.goTo(name)}</a
      >`,
  );
  return html`<p>${words.attached(account.email)}</p>
    ${faultLine(fault)}${others.length > 0 && html`<p class="soft">${words.elsewhere}</p>`}${links}
    <form method="post" action="/account/detach">
      ${hiddenField("csrf", csrfToken)}<button class="other">${words.detach}</button>
    </form>`;
}
