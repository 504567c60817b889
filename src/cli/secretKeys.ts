/** `usher keys secret`: the ring of USHER_SECRET_KEY, and how one of its keys follows another. */
import { createHash } from "node:crypto";
import { keepsSecretKeys, newSecretKey, writeSecretKeys } from "../config.ts";
import { keyUse, type KeyUse, resealAll } from "../directory/secretKeys/reseal.ts";
import { type Command, type CommandCall, type Opened, type Outcome, table } from "./command.ts";

export const secretKeyCommands: readonly Command[] = [
  {
    name: "keys secret list",
    usage: "",
    summary: "the keys of USHER_SECRET_KEY by fingerprint, and how many secrets each has sealed",
    options: {},
    words: [0, 0],
    run: list,
  },
  {
    name: "keys secret rotate",
    usage: "",
    summary: "make a new key; where the keys are kept in the data folder, put it first and seal everything anew",
    options: {},
    words: [0, 0],
    run: rotate,
  },
  {
    name: "keys secret reseal",
    usage: "",
    summary: "seal everything anew that another key than the first has sealed; may be stopped and begun again",
    options: {},
    words: [0, 0],
    run: reseal,
  },
  {
    name: "keys secret retire",
    usage: "",
    summary: "say whether all keys but the first can go, and let them go where they are kept in the data folder",
    options: {},
    words: [0, 0],
    run: retire,
  },
];

/** By what people tell keys apart, which says nothing of them. */
function fingerprintOf(key: Buffer): string {
  return createHash("sha256").update("usher secret key").update(key).digest("hex").slice(0, 12);
}

interface RingKey {
  readonly fingerprint: string;
  readonly seals: boolean;
  readonly secrets: number;
}

function ringOf(keys: readonly Buffer[], uses: readonly KeyUse[]): RingKey[] {
  return keys.map((key, i) => ({
    fingerprint: fingerprintOf(key),
    seals: i === 0,
    secrets: uses.reduce((sum, { byKey }) => sum + (byKey[i] ?? 0), 0),
  }));
}

function unreadableIn(uses: readonly KeyUse[]): number {
  return uses.reduce((sum, { unreadable }) => sum + unreadable, 0);
}

async function list({ open }: CommandCall): Promise<Outcome> {
  const { db, secretKeys } = await open();
  const uses = await keyUse(db, secretKeys);
  const keys = ringOf(secretKeys, uses);
  const unreadable = unreadableIn(uses);
  const rows = keys.map(({ fingerprint, seals, secrets }) => [fingerprint, seals ? "seals" : "opens", `${secrets}`]);
  return {
    json: { keys, unreadable, columns: uses },
    lines: [...table([["KEY", "DOES", "SECRETS"], ...rows]), ...warning(unreadable)],
  };
}

function warning(unreadable: number): string[] {
  return unreadable === 0 ? [] : [`${unreadable} secrets are opened by none of these keys: one is missing`];
}

async function rotate(call: CommandCall): Promise<Outcome> {
  const opened = await call.open();
  const key = newSecretKey();
  if (!keepsSecretKeys(opened.config)) {
    const lines = [
      key,
      "Add this key at the end of USHER_SECRET_KEY, after a comma, and restart every process; then put it first and restart",
      "them again. Then: usher keys secret reseal; and when that is done: usher keys secret retire.",
    ];
    return { json: { key, kept: false }, lines };
  }
  const secretKeys = [Buffer.from(key, "base64"), ...opened.secretKeys];
  // Before anything is sealed with it: a key that is lost is worse than one that is not used.
  writeSecretKeys(opened.config, secretKeys);
  const resealed = await resealWith({ ...opened, secretKeys }, call);
  const fingerprint = fingerprintOf(Buffer.from(key, "base64"));
  const lines = [
    `${fingerprint} seals from now on; ${resealed} secrets sealed anew`,
    "Then: usher keys secret retire.",
  ];
  return { json: { fingerprint, kept: true, resealed }, lines };
}

function resealWith({ db, secretKeys }: Opened, { note }: CommandCall): Promise<number> {
  return resealAll(db, secretKeys, ({ table: name, column }, count) => note(`${name}.${column}: ${count} sealed anew`));
}

async function reseal(call: CommandCall): Promise<Outcome> {
  const opened = await call.open();
  const resealed = await resealWith(opened, call);
  const unreadable = unreadableIn(await keyUse(opened.db, opened.secretKeys));
  const lines = [`${resealed} secrets sealed anew`, ...warning(unreadable)];
  return { json: { resealed, unreadable }, lines, status: unreadable === 0 ? 0 : 1 };
}

async function retire({ open }: CommandCall): Promise<Outcome> {
  const { db, config, secretKeys } = await open();
  const [first, ...old] = secretKeys;
  if (!first || old.length === 0) return { json: { retired: [] }, lines: ["there is one key, and it stays"] };
  const uses = await keyUse(db, secretKeys);
  const needed = ringOf(secretKeys, uses)
    .slice(1)
    .filter(({ secrets }) => secrets > 0);
  const unreadable = unreadableIn(uses);
  if (needed.length > 0 || unreadable > 0) {
    const told = needed.map(({ fingerprint, secrets }) => `${fingerprint} still opens ${secrets} secrets`);
    const lines = [...told, ...warning(unreadable), "Nothing was changed. First: usher keys secret reseal."];
    return { json: { retired: [], needed, unreadable }, lines, status: 1 };
  }
  const retired = old.map(fingerprintOf);
  if (!keepsSecretKeys(config)) {
    const lines = [`no secret needs ${retired.join(", ")}: take all but the first out of USHER_SECRET_KEY`];
    return { json: { retired, kept: false }, lines };
  }
  writeSecretKeys(config, [first]);
  return { json: { retired, kept: true }, lines: [`retired ${retired.join(", ")}`] };
}
