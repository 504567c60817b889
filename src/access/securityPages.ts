/** The page on which members see and change how they sign in. */
import { encodeQR } from "qr";
import type { PasskeyOptions } from "../directory/accounts/passkeyCeremony.ts";
import type { Security } from "../directory/tenants/securityOverview.ts";
import type { ShownTotp } from "../directory/accounts/totp.ts";
import { faultLine, hiddenField, passwordField } from "./fields.ts";
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";
import { passkeyForm } from "./secondFactorPages.ts";
import { securityMessages } from "./securityMessages.ts";

/** What the page shows besides. */
export interface SecurityShown {
  readonly csrfToken: string;
  readonly fault: string | null;
  /** What was done just now. */
  readonly done: string | null;
}

/** Password, authenticator app, passkeys and recovery codes. */
export function securityPage(messages: Messages, security: Security, shown: SecurityShown): string {
  const words = securityMessages(messages);
  const csrf = hiddenField("csrf", shown.csrfToken);
  const isBare = security.totp === null && security.passkeys.length === 0;
  return page(
    messages,
    words.title,
    html`${faultLine(shown.fault)}${shown.done && html`<p role="status">${shown.done}</p>`}
      ${isBare && security.factorRequired && html`<p class="bad">${words.needed}</p>`}
      <h2>${words.passwordTitle}</h2>
      ${security.hasPassword ? passwordForm(messages, csrf) : html`<p class="soft">${words.passwordNone}</p>`}
      <h2>${words.appTitle}</h2>
      ${appPart(messages, security, csrf)}
      <h2>${words.passkeysTitle}</h2>
      ${passkeysPart(messages, security, csrf)} ${!isBare && codesPart(messages, security, csrf)}
      <p class="apart"><a href="/">${messages.back}</a></p>`,
  );
}

function passwordForm(messages: Messages, csrf: Html): Html {
  return html`<form method="post" action="/security/password">
    ${csrf}${passwordField(messages.currentPassword, { name: "current", kind: "current" })}
    ${passwordField(messages.newPassword, { name: "next", kind: "new" })}<button>${messages.save}</button>
  </form>`;
}

function appPart(messages: Messages, { totp }: Security, csrf: Html): Html {
  const words = securityMessages(messages);
  if (totp === null) {
    return html`<p class="soft">${words.appNone}</p>
      <form method="post" action="/security/totp">${csrf}<button class="other">${words.appAdd}</button></form>`;
  }
  return html`<p>${words.appSince(day(messages, totp.since))}</p>
    <form method="post" action="/security/totp/remove">
      ${csrf}<button class="other small">${words.remove}</button>
    </form>`;
}

function passkeysPart(messages: Messages, { passkeys }: Security, csrf: Html): Html {
  const words = securityMessages(messages);
  const rows = passkeys.map(
    ({ id, name, lastUsedAt }) =>
      html`<li>
        <strong>${name}</strong>
        <p class="soft">${lastUsedAt ? words.passkeyUsed(day(messages, lastUsedAt)) : words.passkeyUnused}</p>
        <form method="post" action="/security/passkeys/rename">
          ${csrf}${hiddenField("id", id)}<input
            name="name"
            aria-label="${words.passkeyName}"
            value="${name}"
            maxlength="60"
            required
          /><button class="other small">${words.rename}</button>
        </form>
        <form method="post" action="/security/passkeys/remove">
          ${csrf}${hiddenField("id", id)}<button class="other small">${words.remove}</button>
        </form>
      </li>`,
  );
  const list =
    rows.length > 0
      ? html`<ul class="rows">
          ${rows}
        </ul>`
      : html`<p class="soft">${words.passkeysNone}</p>`;
  return html`${list}<a class="button other" href="/security/passkeys/new">${words.passkeyAdd}</a>`;
}

function codesPart(messages: Messages, { recoveryCodes }: Security, csrf: Html): Html {
  const words = securityMessages(messages);
  return html`<h2>${words.codesTitle}</h2>
    <p class="soft">${words.codesLeft(recoveryCodes)}</p>
    <form method="post" action="/security/recovery-codes">
      ${csrf}<button class="other">${words.codesNew}</button>
    </form>`;
}

/** The secret of a new authenticator app, and the field for its first code. */
export function totpPage(messages: Messages, { secret, uri }: ShownTotp, shown: Omit<SecurityShown, "done">): string {
  const words = securityMessages(messages);
  // Drawn by us, of characters that a URI may hold: nothing in it is anybody's HTML.
  const picture: Html = { html: encodeQR(uri, "svg", { ecc: "medium" }).replace("<svg", '<svg class="qr" role="img"') };
  return page(
    messages,
    words.appAdd,
    html`<p>${words.appScan}</p>
      ${picture}
      <p class="soft">${words.appSecret}</p>
      <p><code>${secret.replaceAll(/(.{4})(?=.)/g, "$1 ")}</code></p>
      ${faultLine(shown.fault)}
      <form method="post" action="/security/totp/confirm">
        ${hiddenField("csrf", shown.csrfToken)}<label for="code">${words.code}</label
        ><input
          id="code"
          name="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength="8"
          required
          autofocus
        /><button>${words.goOn}</button>
      </form>
      <p class="apart"><a href="/security">${messages.back}</a></p>`,
  );
}

/** Recovery codes, this once. */
export function codesPage(messages: Messages, codes: readonly string[]): string {
  const words = securityMessages(messages);
  return page(
    messages,
    words.codesTitle,
    html`<p>${words.codesText}</p>
      <ol class="codes">
        ${codes.map((code) => html`<li><code>${code}</code></li>`)}
      </ol>
      <a class="button" href="/security">${words.codesKept}</a>`,
  );
}

/** A new passkey: its name, and the browser's part. */
export function newPasskeyPage(
  messages: Messages,
  options: PasskeyOptions,
  shown: Omit<SecurityShown, "done"> & { readonly name: string },
): string {
  const words = securityMessages(messages);
  const kept = html`${hiddenField("csrf", shown.csrfToken)}<label for="name">${words.passkeyName}</label
    ><input id="name" name="name" maxlength="60" required value="${shown.name}" />`;
  const form = { kind: "create", action: "/security/passkeys", kept, options, button: words.passkeyAdd } as const;
  return page(
    messages,
    words.passkeyAdd,
    html`<p>${words.passkeyText}</p>
      ${faultLine(shown.fault)}${passkeyForm(messages, form)}
      <p class="apart"><a href="/security">${messages.back}</a></p>`,
  );
}

function day({ language }: Messages, at: Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(at);
}
