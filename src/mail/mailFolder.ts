import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { envelope } from "./envelope.ts";
import type { Mailer } from "./letter.ts";
import type { Sender } from "./sender.ts";

const LONGEST_NAME = 100;

/**
 * Mail without a server: each one is a file `mail/<time>-<recipient>.eml` in the data folder, which any mail program
 * opens. Only the owner may read it.
 */
export function mailFolder(dataDir: string, sender: Sender, host: string): Mailer {
  const folder = join(dataDir, "mail");
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return async (letter) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { message } = await transport.sendMail(envelope(letter, sender, host));
    const draft = join(folder, `.${letter.id}.draft`);
    await writeFile(draft, message as Buffer, { mode: 0o600 });
    try {
      await appear(draft, join(folder, fileName(new Date(), letter.to)));
    } finally {
      await rm(draft, { force: true });
    }
  };
}

/** Gives a whole file its name; one that is taken, by a mail of the same millisecond, gets a number. */
async function appear(draft: string, path: string): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      await link(draft, i === 0 ? path : path.replace(/\.eml$/, `-${i}.eml`));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** `20261121T223700.123Z-ana@example.com.eml`: in the order of time, without a character that a file system minds. */
export function fileName(at: Date, recipient: string): string {
  const time = at.toISOString().replaceAll(/[-:]/g, "");
  const safe = recipient.replaceAll(/[^A-Za-z0-9@._+-]/g, "_").slice(0, LONGEST_NAME);
  return `${time}-${safe}.eml`;
}
