import { LRUCache } from "lru-cache";
import type { Database } from "../../storage/types.ts";
import type { ScimCaller } from "./scimTokens.store.ts";

/** A look-up that is remembered, so that a push of thousands reads its token once every few seconds. */
type Known = ScimCaller & { readonly expiresAt: Date | null };

/** How long a revocation in another process may go unseen. */
const TTL_MS = 5_000;
const TOKENS = 10_000;

const caches = new WeakMap<Database, LRUCache<string, Known>>();

/** The look-up of this token's hash, if it is younger than five seconds. */
export function rememberedScimToken(db: Database, hash: Buffer): Known | undefined {
  return cacheOf(db).get(keyOf(hash));
}

/** Keeps a look-up. What was not found is not kept: nobody makes this grow with guesses. */
export function rememberScimToken(db: Database, hash: Buffer, known: Known): void {
  cacheOf(db).set(keyOf(hash), known);
}

/** Drops what has ended: a token, or all of a directory or tenant. */
export function forgetScimTokens(db: Database, ended: (known: ScimCaller) => boolean): void {
  const cache = cacheOf(db);
  const keys = [...cache.entries()].filter(([, known]) => ended(known)).map(([key]) => key);
  for (const key of keys) cache.delete(key);
}

function keyOf(hash: Buffer): string {
  return hash.toString("base64");
}

function cacheOf(db: Database): LRUCache<string, Known> {
  let cache = caches.get(db);
  if (!cache) {
    cache = new LRUCache({ max: TOKENS, ttl: TTL_MS });
    caches.set(db, cache);
  }
  return cache;
}
