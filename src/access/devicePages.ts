import { deviceName } from "../directory/signIn/deviceName.ts";
import type { Device } from "../directory/signIn/sessions.store.ts";
import { deviceMessages } from "./deviceMessages.ts";
import { hiddenField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";

/** What the page shows. */
export interface ShownDevices {
  readonly devices: readonly Device[];
  readonly currentId: string;
  readonly csrfToken: string;
  /** Whether something has just been ended. */
  readonly ended: boolean;
}

/** Where somebody is signed in, each with a button that ends it. */
export function devicesPage(messages: Messages, shown: ShownDevices): string {
  const { devices, currentId, csrfToken, ended } = shown;
  const words = deviceMessages(messages);
  const rows = devices.map((device) => row(messages, device, device.id === currentId, csrfToken));
  const others = devices.some(({ id }) => id !== currentId);
  return page(
    messages,
    words.title,
    html`<p>${words.text}</p>
      ${ended && html`<p role="status">${words.ended}</p>`}
      <ul class="rows">
        ${rows}
      </ul>
      ${others && endForm(csrfToken, "others", words.endOthers)}<a class="button other" href="/">${messages.back}</a>`,
  );
}

function row(messages: Messages, device: Device, isCurrent: boolean, csrfToken: string): Html {
  const words = deviceMessages(messages);
  const name = deviceName(device.userAgent) ?? words.unknown;
  const place = device.ip === null ? "" : ` ${words.from(device.ip)}`;
  const [seen, since] = [device.seenAt, device.createdAt].map((at) => instant(messages, at));
  const button = html`<button class="other small" aria-label="${words.endOf(name)}">${words.end}</button>`;
  return html`<li>
    <strong>${name}</strong>${isCurrent && html` <span class="tag">${words.current}</span>`}
    <p class="soft">${words.seen(seen ?? "")}${place}<br />${words.since(since ?? "")}</p>
    ${
      !isCurrent &&
      html`<form method="post" action="/devices">
        ${hiddenField("csrf", csrfToken)}${hiddenField("id", device.id)}${button}
      </form>`
    }
  </li>`;
}

function endForm(csrfToken: string, id: string, label: string): Html {
  return html`<form method="post" action="/devices">
    ${hiddenField("csrf", csrfToken)}${hiddenField("id", id)}<button>${label}</button>
  </form>`;
}

/** In UTC, for a page without a script does not know where its reader is. */
function instant({ language }: Messages, at: Date): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  return `${format.format(at)} UTC`;
}
