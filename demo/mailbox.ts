/** The mails that Usher has written: without a mail server each is a file. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Mail {
  readonly file: string;
  readonly to: string;
  readonly subject: string;
}

/** All so far, the earliest first. */
export function mails(dataDir: string): readonly Mail[] {
  const folder = join(dataDir, "mail");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".eml"));
  return names.sort().map((name) => {
    // RFC 5322 §2.2.3: a long header goes on in the next line, which begins with a space.
    const text = readFileSync(join(folder, name), "utf8").replaceAll(/\r\n[ \t]/g, " ");
    return { file: join(folder, name), to: header(text, "To"), subject: header(text, "Subject") };
  });
}

function header(text: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "im").exec(text)?.[1]?.trim() ?? "";
}
