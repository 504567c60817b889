/** The keys that sign tokens for applications: published before they sign, kept until what they signed has died. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { Refusal } from "../../base/errors.ts";
import { seal, unseal } from "../../base/secrets.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import {
  allSigningKeys,
  deleteSigningKey,
  insertSigningKey,
  lockSigningKeys,
  type SigningKeyRow,
} from "./signingKeys.store.ts";

/** RFC 7518 §3.3: what every client must understand (OpenID Connect Core §15.1). */
export const SIGNING_ALGORITHM = "RS256";

const DAY_MS = 86_400_000;
/** Clients keep a key set for hours; within a day all have seen the next key. */
const PUBLISHED_FIRST_MS = DAY_MS;
/** How long a key signs before the next one is made. */
const SIGNS_MS = 90 * DAY_MS;
/** ID tokens are shown again when somebody signs out (id_token_hint), long after they expired. */
const KEPT_MS = 30 * DAY_MS;

interface Keeper {
  readonly db: Database;
  /** 32 bytes each: the first seals, all unseal. */
  readonly secretKeys: readonly Buffer[];
}

/** `next` is published and does not sign yet; `old` signs no more. */
export interface SigningKeyInfo {
  readonly kid: string;
  readonly state: "next" | "current" | "old";
  readonly createdAt: Date;
  readonly signsFrom: Date;
}

/** A private key as JWK; the first of a list is the one that signs. */
export type SigningKey = JWK & { readonly kid: string };

const SYSTEM = { type: "system" } as const;

/** The keys, the one that signs now first; makes the first one. */
export async function signingKeys(keeper: Keeper, now: Date): Promise<SigningKey[]> {
  const read = (): Promise<SigningKeyRow[]> =>
    acrossTenants(keeper.db, { actor: SYSTEM, now }, ({ trx }) => trx.run(allSigningKeys));
  let rows = await read();
  if (rows.length === 0) {
    await addKey(keeper, now, { signsFrom: now, unless: (found) => found.length > 0 });
    rows = await read();
  }
  const current = currentOf(rows, now);
  return [...rows.filter((row) => row === current), ...rows.filter((row) => row !== current)].map((row) => {
    const jwk = JSON.parse(unseal(keeper.secretKeys, row.privateKey, contextOf(row.kid))) as JWK;
    return { ...jwk, kid: row.kid, alg: SIGNING_ALGORITHM, use: "sig" };
  });
}

/** The keys as an operator sees them, those that sign latest first. */
export async function listSigningKeys(db: Database, now: Date): Promise<SigningKeyInfo[]> {
  const rows = await acrossTenants(db, { actor: SYSTEM, now }, ({ trx }) => trx.run(allSigningKeys));
  const current = currentOf(rows, now);
  return rows.map((row) => {
    const { kid, createdAt, signsFrom } = row;
    return { kid, createdAt, signsFrom, state: row === current ? "current" : signsFrom > now ? "next" : "old" };
  });
}

/**
 * Makes a key that signs after a while, in which clients get to know it.
 *
 * @param afterMs a day unless given; below half a minute not every process has published it
 * @returns its kid
 */
export async function rotateSigningKey(keeper: Keeper, now: Date, afterMs = PUBLISHED_FIRST_MS): Promise<string> {
  const kid = await addKey(keeper, now, { signsFrom: new Date(now.getTime() + afterMs), unless: () => false });
  if (kid === undefined) throw new Error("a key that was to be made was not");
  return kid;
}

/**
 * Deletes a key: what it signed is believed no more, from within seconds on.
 *
 * @throws Refusal `not_found`, `conflict` for the one that signs now
 */
export async function retireSigningKey(db: Database, kid: string, now: Date): Promise<void> {
  await acrossTenants(db, { actor: SYSTEM, now }, async ({ trx }) => {
    await trx.run(lockSigningKeys);
    const rows = await trx.run(allSigningKeys);
    if (!rows.some((row) => row.kid === kid)) throw new Refusal("not_found", `There is no signing key ${kid}.`);
    if (currentOf(rows, now)?.kid === kid) {
      throw new Refusal("conflict", "This key signs now. Rotate first, and retire it when the next one signs.");
    }
    await trx.run(deleteSigningKey(kid));
  });
}

/** Makes the next key in time, and deletes those whose last token has died. */
export async function tendSigningKeys(keeper: Keeper, now: Date): Promise<void> {
  const due = new Date(now.getTime() - SIGNS_MS);
  const rows = await acrossTenants(keeper.db, { actor: SYSTEM, now }, ({ trx }) => trx.run(allSigningKeys));
  const isFresh = ([latest]: readonly SigningKeyRow[]): boolean => latest === undefined || latest.signsFrom > due;
  if (!isFresh(rows)) {
    const signsFrom = new Date(now.getTime() + PUBLISHED_FIRST_MS);
    await addKey(keeper, now, { signsFrom, unless: isFresh });
  }
  await acrossTenants(keeper.db, { actor: SYSTEM, now }, async ({ trx }) => {
    // Each row is followed by the one that it replaced.
    const dead = rows.filter((_row, i) => {
      const next = rows[i - 1];
      return next !== undefined && next.signsFrom.getTime() + KEPT_MS < now.getTime();
    });
    for (const { kid } of dead) await trx.run(deleteSigningKey(kid));
  });
}

/** What a key is sealed for. */
function contextOf(kid: string): string {
  return `oidc_signing_key:${kid}`;
}

/** Before any signs, the first that will. */
function currentOf(rows: readonly SigningKeyRow[], now: Date): SigningKeyRow | undefined {
  return rows.find(({ signsFrom }) => signsFrom <= now) ?? rows.at(-1);
}

/** @returns the kid, or undefined where by then another process had made one */
async function addKey(
  { db, secretKeys }: Keeper,
  now: Date,
  { signsFrom, unless }: { signsFrom: Date; unless: (rows: readonly SigningKeyRow[]) => boolean },
): Promise<string | undefined> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const row = { kid, privateKey: seal(secretKeys, JSON.stringify(jwk), contextOf(kid)), createdAt: now, signsFrom };
  return acrossTenants(db, { actor: SYSTEM, now }, async ({ trx }) => {
    await trx.run(lockSigningKeys);
    if (unless(await trx.run(allSigningKeys))) return undefined;
    await trx.run(insertSigningKey(row));
    return kid;
  });
}
