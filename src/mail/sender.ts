import { Refusal } from "../base/errors.ts";
import { mailAddress } from "../base/mailAddress.ts";

/** Who mail comes from; an empty name is none. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

/**
 * The sender: parameter `from` of SMTP_URL (`?from=Example+<no-reply@example.com>`), else `no-reply` at the host of
 * PUBLIC_URL.
 *
 * @throws Refusal `unavailable` where `from` is no address
 */
export function senderOf(smtpUrl: string | null, host: string): Sender {
  const from = smtpUrl === null ? null : new URL(smtpUrl).searchParams.get("from");
  if (from === null) return { name: "", address: `no-reply@${host}` };
  const [, name = "", bracketed] = /^([^<>]*)<([^<>]*)>$/.exec(from.trim()) ?? [];
  const address = mailAddress(bracketed ?? from);
  if (address === null) {
    throw new Refusal(
      "unavailable",
      "SMTP_URL: its from is no address; allowed: from=Name <name@example.com>, URL-encoded",
    );
  }
  return { name: name.trim(), address };
}
