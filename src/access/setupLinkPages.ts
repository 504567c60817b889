/** The pages of setup links; each works without a script, for somebody who has never seen this server. */
import type { Connection } from "../directory/connections/connections.store.ts";
import { txtName } from "../directory/domains/domainProof.ts";
import type { ShownItem } from "../directory/connections/setupItems.store.ts";
import type { LivingLink } from "../directory/connections/setupLinks.ts";
import type { SetupIntent } from "../directory/connections/setupLinks.store.ts";
import { presets } from "../sso/presets/presets.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";
import { setupMessages } from "./setupLinkMessages.ts";

/** What every page behind the link needs. */
export interface SetupView {
  readonly messages: Messages;
  readonly tenant: string;
  readonly intents: readonly SetupIntent[];
  readonly until: Date;
  readonly csrf: string;
  /** Of the last form, as it was refused. */
  readonly fault: string | null;
}

/** The page that the link opens: nothing has happened yet. */
export function offerPage(messages: Messages, { link, tenant }: LivingLink, token: string): string {
  const words = setupMessages(messages);
  return page(
    messages,
    words.title(tenant.name),
    html`<p>${words.offer}</p>
      <ul>
        ${link.intents.map((intent) => html`<li>${words.intents[intent]}</li>`)}
      </ul>
      <p class="soft">${words.once(moment(messages, link.expiresAt))}</p>
      <form method="post" action="/setup">
        <input type="hidden" name="t" value="${token}" /><button>${words.begin}</button>
      </form>`,
  );
}

/** The link opens nothing (any more). */
export function spentPage(messages: Messages, isHere: boolean): string {
  const words = setupMessages(messages);
  const on = isHere ? html`<a class="button" href="/setup/steps">${words.goOn}</a>` : html``;
  return page(
    messages,
    words.spentTitle,
    html`<p>${words.spentText}</p>
      ${on}`,
  );
}

/** It is over, as the holder wanted. */
export function endedPage(messages: Messages): string {
  const words = setupMessages(messages);
  return page(messages, words.doneTitle, html`<p>${words.doneText}</p>`);
}

/** What the first page behind the link shows. */
interface Steps {
  readonly items: readonly ShownItem[];
  readonly baseUrl: string;
}

/** Everything that the link is for, on one page. */
export function stepsPage(view: SetupView, steps: Steps): string {
  const words = setupMessages(view.messages);
  const parts: Readonly<Record<SetupIntent, () => Html>> = {
    sso: () => ssoPart(view, steps),
    scim: () => scimPart(view, steps),
    domain: () => domainPart(view, steps),
  };
  return page(
    view.messages,
    words.title(view.tenant),
    html`<p class="soft setup">${words.scope(moment(view.messages, view.until))}</p>
      ${faultOf(view)} ${view.intents.map((intent) => parts[intent]())}
      ${form(view, "/setup/end", html`<button class="other">${words.done}</button>`)}`,
  );
}

function ssoPart(view: SetupView, { items }: Steps): Html {
  const words = setupMessages(view.messages);
  const made = items.filter(({ kind }) => kind === "connection");
  const options = presets.map(({ provider, name }) => html`<option value="${provider}">${name}</option>`);
  const choice = html`<label for="provider">${words.provider}</label
    ><select id="provider" name="provider">
      ${options}
    </select>
    <button>${words.add}</button>`;
  return html`<h2>${words.ssoTitle}</h2>
    <p>${words.ssoText}</p>
    ${made.map(
      ({ thing, name, status, isAsked, isOpen }) =>
        html`<p class="item">
          <b>${name}</b> – ${statusOf(view, status, isAsked)}
          ${isOpen && html`<br /><a href="/setup/connections/${thing}">${words.open}</a>`}
        </p>`,
    )}
    ${form(view, "/setup/connections", choice)}`;
}

/** Where a connection stands, in words. */
export function statusOf({ messages }: SetupView, status: string | null, isAsked: boolean): string {
  const { statuses } = setupMessages(messages);
  return isAsked ? statuses.asked : statuses[(status ?? "draft") as Connection["status"]];
}

function scimPart(view: SetupView, { items, baseUrl }: Steps): Html {
  const words = setupMessages(view.messages);
  const made = items.filter(({ kind }) => kind === "scim_token");
  const fields = html`<label for="name">${words.name}</label
    ><input id="name" name="name" required maxlength="100" value="SCIM" /><button>${words.makeToken}</button>`;
  return html`<h2>${words.scimTitle}</h2>
    <p>${words.scimText}</p>
    ${values([[words.baseUrl, baseUrl]])}
    ${made.map(
      ({ name, isAsked }) =>
        html`<p class="item"><b>${name}</b> – ${isAsked ? words.statuses.asked : words.statuses.enabled}</p>`,
    )}
    ${form(view, "/setup/tokens", fields)}`;
}

function domainPart(view: SetupView, { items }: Steps): Html {
  const words = setupMessages(view.messages);
  const made = items.filter(({ kind }) => kind === "domain");
  const fields = html`<label for="domain">${words.domain}</label
    ><input id="domain" name="domain" required maxlength="253" placeholder="example.com" /><button>
      ${words.add}
    </button>`;
  return html`<h2>${words.domainTitle}</h2>
    <p>${words.domainText}</p>
    ${made.map(
      ({ name, status, txtValue, isAsked }) =>
        html`<p class="item">
            <b>${name}</b> – ${isAsked ? words.statuses.asked : words.domainStates[(status ?? "pending") as "pending"]}
          </p>
          ${txtValue !== null && !isAsked && recordOf(view, name, txtValue)}`,
    )}
    ${form(view, "/setup/domains", fields)}`;
}

function recordOf(view: SetupView, domain: string, txtValue: string): Html {
  const words = setupMessages(view.messages);
  const field = html`<input type="hidden" name="domain" value="${domain}" /><button class="other">
      ${words.check}
    </button>`;
  return html`<p>${words.recordText}</p>
    ${values([
      [words.recordName, txtName(domain)],
      [words.recordValue, txtValue],
    ])}
    ${form(view, "/setup/domains/check", field)}`;
}

/** The token, this once. */
export function tokenPage(
  view: SetupView,
  { token, baseUrl, awaitsApproval }: { token: string; baseUrl: string; awaitsApproval: boolean },
): string {
  const words = setupMessages(view.messages);
  return page(
    view.messages,
    words.tokenTitle,
    html`<p class="setup">${words.tokenText}</p>
      ${values([
        [words.baseUrl, baseUrl],
        [words.token, token],
      ])}
      <p>${awaitsApproval ? words.tokenWaits : words.tokenLive}</p>
      ${back(view, "/setup/steps")}`,
  );
}

/** Values to be copied, each under its name. */
export function values(pairs: readonly (readonly [name: string, value: string])[]): Html {
  return html`<dl class="values">
    ${pairs.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd><code>${value}</code></dd>`,
    )}
  </dl>`;
}

/** A form of one of our own pages. */
export function form({ csrf }: SetupView, action: string, fields: Html): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="csrf" value="${csrf}" />${fields}
  </form>`;
}

/** What was amiss with the last form. */
export function faultOf({ messages, fault }: SetupView): Html {
  return fault === null ? html`` : html`<p class="bad" role="alert">${setupMessages(messages).fault} ${fault}</p>`;
}

/** The way back. */
export function back({ messages }: SetupView, path: string): Html {
  return html`<p class="apart"><a href="${path}">${setupMessages(messages).back}</a></p>`;
}

/** In UTC, and said so: the server does not know where the reader is. */
function moment({ language }: Messages, at: Date): string {
  const style = { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" } as const;
  return `${new Intl.DateTimeFormat(language, style).format(at)} UTC`;
}
