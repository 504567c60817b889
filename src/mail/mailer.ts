import { createSmtp } from "./smtp.ts";
import { mailFolder } from "./mailFolder.ts";
import type { Mailer } from "./letter.ts";
import { senderOf } from "./sender.ts";

/** Where mail goes. */
export interface MailOptions {
  /** Null = every mail is a file under `dataDir`. */
  readonly smtpUrl: string | null;
  readonly publicUrl: string;
  readonly dataDir: string;
}

/**
 * The way of mail out of this process.
 *
 * @throws Refusal `unavailable` where SMTP_URL names a sender that is no address
 */
export function createMailer({ smtpUrl, publicUrl, dataDir }: MailOptions): Mailer {
  const host = new URL(publicUrl).hostname;
  const sender = senderOf(smtpUrl, host);
  return smtpUrl === null ? mailFolder(dataDir, sender, host) : createSmtp(smtpUrl, sender, host);
}
