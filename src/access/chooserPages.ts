import type { AccountTenant } from "../directory/accounts/accountSignIn.store.ts";
import { chooserMessages } from "./chooserMessages.ts";
import { html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";

/** The tenants of an account, one button each. */
export function tenantsPage(messages: Messages, tenants: readonly AccountTenant[], returnTo: string): string {
  const words = chooserMessages(messages);
  const buttons = tenants.map(({ id, name }) => html`<button name="tenant" value="${id}">${name}</button>`);
  return page(
    messages,
    words.title,
    html`<p>${tenants.length === 0 ? words.none : words.text}</p>
      <form method="post" action="/sign-in/tenant">
        <input type="hidden" name="return_to" value="${returnTo}" />${buttons}
      </form>
      <a class="button other" href="/sso/start">${messages.back}</a>`,
  );
}
