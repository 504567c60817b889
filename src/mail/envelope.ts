import type { SendMailOptions } from "nodemailer";
import type { Letter } from "./letter.ts";
import type { Sender } from "./sender.ts";

/** A letter as nodemailer takes it. Addresses go as objects, which nobody parses again. */
export function envelope({ id, to, subject, text, html }: Letter, sender: Sender, host: string): SendMailOptions {
  return {
    from: sender,
    to: { name: "", address: to },
    envelope: { from: sender.address, to: [to] },
    messageId: `<${id}@${host}>`,
    subject,
    text,
    html,
    // RFC 3834 §5: no vacation note or other robot answers it.
    headers: { "Auto-Submitted": "auto-generated" },
    // What a value says is text and never a path or address to read from.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
