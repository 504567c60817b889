/** The keys with which an Entra tenant signs, found by its discovery document and remembered. */
import { createLocalJWKSet, errors, type JWK, type JWTHeaderParameters, type JWTVerifyGetKey } from "jose";
import { LRUCache } from "lru-cache";
import { Refusal } from "../../base/errors.ts";
import type { Outbound } from "../../http/outbound.ts";
import type { EntraTrust } from "./machineCredentials.store.ts";

/** What looking keys up needs. */
export interface KeyParts {
  /** The one way out; what was found through it is kept for as long as it lives. */
  readonly outbound: Pick<Outbound, "send">;
  readonly now: Date;
}

/** What a token of a tenant is held against. */
export interface EntraTokenKeys {
  readonly issuer: string;
  /** Asks Entra anew for a key that is not known, once a minute at most. */
  readonly keys: JWTVerifyGetKey;
}

/** Of one tenant. */
interface Known {
  found: Found | undefined;
  /** When Entra was asked last, with whichever outcome. */
  askedAt: number;
  asking: Promise<Found> | undefined;
}

interface Found {
  readonly issuer: string;
  readonly at: number;
  readonly keySet: ReturnType<typeof createLocalJWKSet>;
}

/** Entra rolls its keys over weeks, and may at once: what is older than an hour is asked for anew. */
const FRESH_MS = 3_600_000;
/** While Entra cannot be reached, what was found goes on for a day. */
const KEPT_MS = 86_400_000;
/** Between two look-ups of a tenant: a token that names keys of its own invention makes no more than this. */
const PAUSE_MS = 60_000;
const MOST_TENANTS = 1_000;
const MOST_BYTES = 1_048_576;
const MOST_KEYS = 100;

const memories = new WeakMap<Pick<Outbound, "send">, LRUCache<string, Known>>();

/**
 * Issuer and keys of the tenant that was pinned.
 *
 * @throws Refusal `unavailable` where they cannot be had: the token may be good, and the directory should come again
 */
export async function entraTokenKeys(trust: EntraTrust, parts: KeyParts): Promise<EntraTokenKeys> {
  const known = memoryOf(trust, parts);
  const { issuer } = await fresh(known, trust, parts);
  const keys = async (header: JWTHeaderParameters) => {
    // Without a name every key would be tried; Entra's tokens name theirs.
    if (header.kid === undefined) throw new errors.JWKSNoMatchingKey();
    try {
      return await keyOf(await fresh(known, trust, parts), header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || isPaused(known, parts.now)) throw error;
    }
    return keyOf(await ask(known, trust, parts), header);
  };
  return { issuer, keys };
}

/** A key that is published and cannot be read is no fault of the token's. */
async function keyOf({ keySet }: Found, header: JWTHeaderParameters): ReturnType<typeof keySet> {
  try {
    return await keySet(header);
  } catch (error) {
    throw error instanceof errors.JOSEError ? error : unreachable(error);
  }
}

function memoryOf({ authority, tenantId }: EntraTrust, { outbound }: KeyParts): Known {
  const memory = memories.get(outbound) ?? new LRUCache<string, Known>({ max: MOST_TENANTS });
  memories.set(outbound, memory);
  const key = `${authority}/${tenantId}`;
  const known = memory.get(key) ?? { found: undefined, askedAt: -Infinity, asking: undefined };
  memory.set(key, known);
  return known;
}

async function fresh(known: Known, trust: EntraTrust, parts: KeyParts): Promise<Found> {
  const { found } = known;
  const age = found ? parts.now.getTime() - found.at : Infinity;
  if (found && age < FRESH_MS) return found;
  const usable = found && age < KEPT_MS ? found : undefined;
  if (known.asking === undefined && isPaused(known, parts.now)) {
    if (usable) return usable;
    throw unreachable(new Error("asked less than a minute ago"));
  }
  try {
    return await ask(known, trust, parts);
  } catch (error) {
    if (usable) return usable;
    throw error;
  }
}

function isPaused({ askedAt }: Known, now: Date): boolean {
  return Math.abs(now.getTime() - askedAt) < PAUSE_MS;
}

/** Those who ask at the same time share the answer. */
function ask(known: Known, trust: EntraTrust, parts: KeyParts): Promise<Found> {
  if (known.asking) return known.asking;
  known.askedAt = parts.now.getTime();
  known.asking = lookUp(trust, parts)
    .then((found) => (known.found = found))
    .finally(() => (known.asking = undefined));
  return known.asking;
}

async function lookUp({ authority, tenantId }: EntraTrust, parts: KeyParts): Promise<Found> {
  const document = await fetchJson(`${authority}/${tenantId}/.well-known/openid-configuration`, parts);
  const { issuer, jwks_uri: jwksUri } = document;
  // That of the tenant and of no other: the document for all tenants has a placeholder in this place.
  if (typeof issuer !== "string" || !URL.canParse(issuer) || new URL(issuer).pathname !== `/${tenantId}/`) {
    throw unreachable(new Error("the discovery document is of another tenant"));
  }
  // Who is asked by https answers nothing that is fetched without.
  if (typeof jwksUri !== "string" || (authority.startsWith("https:") && !jwksUri.startsWith("https:"))) {
    throw unreachable(new Error("the discovery document has no jwks_uri"));
  }
  const { keys } = await fetchJson(jwksUri, parts);
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw unreachable(new Error("the key set cannot be read"));
  return { issuer, at: parts.now.getTime(), keySet: createLocalJWKSet({ keys: keys.filter(isUsable) }) };
}

/** RSA, and not for encryption. */
function isUsable(key: unknown): key is JWK {
  if (typeof key !== "object" || key === null) return false;
  const { kty, use, kid } = key as JWK;
  return kty === "RSA" && typeof kid === "string" && (use === undefined || use === "sig");
}

async function fetchJson(url: string, { outbound }: KeyParts): Promise<Record<string, unknown>> {
  const headers = { accept: "application/json" };
  const outcome = await outbound.send({ method: "GET", url, headers, mostBytes: MOST_BYTES });
  if (outcome.kind !== "answered") throw unreachable(new Error(outcome.reason));
  const parsed = outcome.status === 200 && !outcome.truncated ? parse(outcome.body) : undefined;
  if (parsed === undefined) throw unreachable(new Error(`${url} answered ${outcome.status} and no JSON object`));
  return parsed;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(cause: unknown): Refusal {
  const detail = "Entra's keys cannot be had at this moment. Nothing was changed; try again in a minute (entra_keys).";
  return new Refusal("unavailable", detail, { extra: { retryAfterSeconds: 60 }, cause });
}
