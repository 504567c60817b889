import { parse } from "bowser";

/** Longest header that is looked at, in characters: each pattern is tried on all of it. */
const MOST_CHARACTERS = 300;

/** A browser and its system as people know them (`Firefox, Windows`); null for what is none of those that are known. */
export function deviceName(userAgent: string | null): string | null {
  const header = userAgent?.slice(0, MOST_CHARACTERS) ?? "";
  if (header.trim() === "") return null;
  const { browser, os } = parse(header);
  return [browser.name, os.name].filter(Boolean).join(", ") || null;
}
