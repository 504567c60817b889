/** The pages that the library shows in its own requests; each works without a script. */
import type { KoaContextWithOIDC } from "oidc-provider";
import { html } from "../html.ts";
import { messagesFor, type Messages } from "../messages.ts";
import { page } from "../pages.ts";
import { signedOutPage, SUBMIT, SUBMIT_HASH } from "../singleLogoutPages.ts";
import { signOnOf } from "./account.ts";
import { providerMessages } from "./messages.ts";

/** RP-Initiated Logout §2: somebody is asked whether they want it, unless the application shows that it knows them. */
export async function logoutSource(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  const messages = messagesOf(ctx);
  const words = providerMessages(messages);
  const hint = ctx.oidc.entities.IdTokenHint?.payload["sub"];
  const known = hint !== undefined && hint === signOnOf(ctx.oidc.session?.accountId)?.memberId;
  if (known) allowSubmit(ctx);
  // The library's form has no button; ours says what it sends.
  const answer = '<input type="hidden" name="logout" value="yes"/>';
  const filled = form.replace("</form>", `${answer}<button>${messages.signOut}</button></form>`);
  ctx.body = page(
    messages,
    words.signOutTitle,
    html`<p>${words.signOutText}</p>
      ${{ html: filled }}${known && { html: `<script>${SUBMIT}</script>` }}`,
  );
}

/** Where an application named no place of its own to come back to. */
export async function postLogoutSuccessSource(ctx: KoaContextWithOIDC): Promise<void> {
  ctx.body = signedOutPage(messagesOf(ctx), "here");
}

/** A request whose error cannot go back to the application, for it says not reliably who that is. */
export async function renderError(
  ctx: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string | undefined },
): Promise<void> {
  const messages = messagesOf(ctx);
  const words = providerMessages(messages);
  ctx.type = "html";
  ctx.body = page(
    messages,
    words.failedTitle,
    html`<p>${words.failedText}</p>
      <p><code>${out.error}</code></p>
      <p class="soft">${out.error_description}</p>`,
  );
}

/** An interaction that is over, or another browser's. */
export function expiredPage(messages: Messages): string {
  const words = providerMessages(messages);
  return page(messages, words.failedTitle, html`<p>${words.expiredText}</p>`);
}

function messagesOf(ctx: KoaContextWithOIDC): Messages {
  return messagesFor(ctx.headers["accept-language"]);
}

/** CSP Level 3 §8.3: that one script and no other. */
function allowSubmit(ctx: KoaContextWithOIDC): void {
  const policy = ctx.response.get("content-security-policy");
  ctx.set("Content-Security-Policy", policy.replace("script-src 'self'", `script-src ${SUBMIT_HASH}`));
}
