/** `usher keys signing`: the keys that sign tokens for the applications. */
import { listSigningKeys, retireSigningKey, rotateSigningKey } from "../directory/applications/signingKeys.ts";
import { type Command, type CommandCall, type Outcome, table, wholeNumber } from "./command.ts";

const HOUR_MS = 3_600_000;
/** What clients are given to see a new key, unless somebody is in a hurry; and the longest that makes sense. */
const USUAL_HOURS = 24;
const MOST_HOURS = 24 * 30;
/** Every process has published a key by then. */
const AT_ONCE_MS = 60_000;

export const signingKeyCommands: readonly Command[] = [
  {
    name: "keys signing list",
    usage: "",
    summary: "the keys, those that sign latest first",
    options: {},
    words: [0, 0],
    run: list,
  },
  {
    name: "keys signing rotate",
    usage: "[--after HOURS]",
    summary: "make the next key; it is published now and signs after 24 hours, unless said otherwise (0: in a minute)",
    options: { after: { type: "string" } },
    words: [0, 0],
    run: rotate,
  },
  {
    name: "keys signing retire",
    usage: "KID",
    summary: "delete a key that signs no more: what it signed is believed no longer",
    options: {},
    words: [1, 1],
    run: retire,
  },
];

async function list({ open, now }: CommandCall): Promise<Outcome> {
  const { db } = await open();
  const items = await listSigningKeys(db, now());
  const rows = items.map(({ kid, state, signsFrom }) => [kid, state, signsFrom.toISOString()]);
  const lines = items.length === 0 ? ["no signing keys yet"] : table([["KID", "STATE", "SIGNS FROM"], ...rows]);
  return { json: { items }, lines };
}

async function rotate({ options, open, now }: CommandCall): Promise<Outcome> {
  const hours = wholeNumber("--after", String(options["after"] ?? USUAL_HOURS), 0, MOST_HOURS);
  const { db, secretKeys } = await open();
  const at = now();
  const afterMs = Math.max(AT_ONCE_MS, hours * HOUR_MS);
  const kid = await rotateSigningKey({ db, secretKeys }, at, afterMs);
  const signsFrom = new Date(at.getTime() + afterMs);
  return { json: { kid, signsFrom }, lines: [`${kid} is published, and signs from ${signsFrom.toISOString()}`] };
}

async function retire({ words, open, now }: CommandCall): Promise<Outcome> {
  const kid = words[0] ?? "";
  const { db } = await open();
  await retireSigningKey(db, kid, now());
  return { json: { retired: kid }, lines: [`${kid} is retired`] };
}
