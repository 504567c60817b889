import { createTransport } from "nodemailer";
import { envelope } from "./envelope.ts";
import { LetterRefused, type Mailer } from "./letter.ts";
import type { Sender } from "./sender.ts";

const SECOND = 1_000;

/** Together less than a job's lease: a server that hangs is given up before somebody else tries. */
const limits = {
  dnsTimeout: 5 * SECOND,
  connectionTimeout: 10 * SECOND,
  greetingTimeout: 10 * SECOND,
  socketTimeout: 20 * SECOND,
};

/** Mail by SMTP (RFC 5321); the URL may carry nodemailer's options, as `?requireTLS=true`. */
export function createSmtp(smtpUrl: string, sender: Sender, host: string): Mailer {
  const url = new URL(smtpUrl);
  url.searchParams.delete("from");
  const transport = createTransport({ ...limits, url: url.href, requireTLS: needsTls(url) });
  return async (letter, signal) => {
    try {
      await transport.sendMail({ ...envelope(letter, sender, host), signal });
    } catch (error) {
      if (isRefusedForGood(error)) throw new LetterRefused(error.message, error);
      throw error;
    }
  };
}

/** RFC 8314 §4: a password leaves this machine under TLS or not at all, unless the URL says otherwise. */
function needsTls({ protocol, hostname, username, searchParams }: URL): boolean {
  const wish = searchParams.get("requireTLS");
  if (wish !== null) return wish === "true";
  const local = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  return protocol === "smtp:" && username !== "" && !local;
}

/**
 * Whether the server refused this recipient or this letter for good. Other answers of this class (to the greeting, the
 * login, the sender) are about the set-up, which the operator mends while the mail waits.
 */
function isRefusedForGood(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { permanent, command } = error as { permanent?: unknown; command?: unknown };
  return permanent === true && (command === "RCPT TO" || command === "DATA");
}
