import type { AccountTenant } from "../directory/accounts/accountSignIn.store.ts";
import type { Joinable } from "../directory/domains/autoJoin.ts";
import { chooserMessages } from "./chooserMessages.ts";
import { hiddenField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";

/** What somebody can choose from, and where they want to go. */
interface Choice {
  readonly tenants: readonly AccountTenant[];
  readonly joinable: Joinable | undefined;
  readonly returnTo: string;
}

/** The tenants of an account, one button each, and the one that its holder can join. */
export function tenantsPage(messages: Messages, { tenants, joinable, returnTo }: Choice): string {
  const words = chooserMessages(messages);
  const buttons = tenants.map(({ id, name }) => html`<button name="tenant" value="${id}">${name}</button>`);
  return page(
    messages,
    words.title,
    html`<p>${tenants.length === 0 ? words.none : words.text}</p>
      <form method="post" action="/sign-in/tenant">${hiddenField("return_to", returnTo)}${buttons}</form>
      ${joinable && joinPart(messages, joinable, returnTo)}
      <a class="button other" href="/sso/start">${messages.back}</a>`,
  );
}

function joinPart(messages: Messages, { tenant, by }: Joinable, returnTo: string): Html {
  const words = chooserMessages(messages);
  const label = words.join[by](tenant.name);
  const start = new URLSearchParams({ tenant: tenant.slug, return_to: returnTo });
  const way =
    by === "connection"
      ? html`<a class="button" href="/sso/start?${String(start)}">${label}</a>`
      : html`<form method="post" action="/sign-in/join">
          ${hiddenField("return_to", returnTo)}<button name="tenant" value="${tenant.id}">${label}</button>
        </form>`;
  return html`<h2>${words.joinable}</h2>
    <p class="soft">${words.joinableText}</p>
    ${way}`;
}
