/** The pages of a new address. */
import { emailChangeMessages } from "./emailChangeMessages.ts";
import { faultLine, hiddenField } from "./fields.ts";
import { html } from "./html.ts";
import type { Messages } from "./messages.ts";
import { page } from "./pages.ts";

/** Looking at the page does nothing: programs open the links of mails. */
export function emailChangePage(messages: Messages, token: string, fault: string | null): string {
  const words = emailChangeMessages(messages);
  return page(
    messages,
    words.title,
    html`<p>${words.text}</p>
      ${faultLine(fault)}
      <form method="post" action="/profile/email">${hiddenField("token", token)}<button>${words.confirm}</button></form>
      <p class="soft apart">${words.notMe}</p>`,
  );
}

/** It holds. */
export function emailChangedPage(messages: Messages): string {
  const words = emailChangeMessages(messages);
  return page(
    messages,
    words.doneTitle,
    html`<p>${words.doneText}</p>
      <a class="button" href="/">${words.goOn}</a>`,
  );
}
