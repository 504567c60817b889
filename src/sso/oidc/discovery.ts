import { LRUCache } from "lru-cache";
import { allowInsecureRequests, customFetch, discovery, type CustomFetch, type ServerMetadata } from "openid-client";
import type { OidcSettings } from "../types.ts";
import { libraryRefusal } from "./libraryRefusal.ts";
import { refused } from "./refusal.ts";

/** What the functions of this folder need of the world around them. */
export interface OidcDeps {
  /** The one way out (`outboundFetch`); what was discovered through it is kept for as long as it lives. */
  readonly fetch: CustomFetch;
  readonly now: Date;
  /** Whether `http:` may be tried: the way out still says where. */
  readonly allowHttp: boolean;
}

/** What is remembered of a provider; `keys` is filled in by who asks for them. */
export interface Discovered {
  readonly metadata: Promise<ServerMetadata>;
  readonly at: Date;
  keys: KeySet | null;
}

/** A provider's key set, and when it was fetched in seconds since the epoch, by the clock that we are given. */
interface KeySet {
  readonly jwks: { readonly keys: readonly object[] };
  readonly at: number;
}

/** Asymmetric ones alone, of SHA-256 and up; `Ed25519` is what RFC 9864 calls `EdDSA`. */
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
/** OpenID Connect Discovery §3 requires the list; Core §2 has this default. */
const DEFAULT_ALGORITHMS = ["RS256"];
const KEPT_MS = 10 * 60 * 1000;
/** Of providers that one process remembers. */
const MOST_KEPT = 1000;

const kept = new WeakMap<CustomFetch, LRUCache<string, Discovered>>();

/**
 * What is known of a provider, asked for at most every 10 minutes for each issuer and client. A failure is not kept:
 * those who wait for it share it, and the next one asks anew.
 */
export function discovered(settings: OidcSettings, deps: OidcDeps): Discovered {
  const cache = kept.get(deps.fetch) ?? new LRUCache<string, Discovered>({ max: MOST_KEPT });
  kept.set(deps.fetch, cache);
  const key = JSON.stringify([settings.issuer, settings.clientId, deps.allowHttp]);
  const known = cache.get(key);
  if (known && isFresh(known, deps.now)) return known;
  const fresh: Discovered = { metadata: discover(settings, deps), at: deps.now, keys: null };
  cache.set(key, fresh);
  fresh.metadata.catch(() => {
    if (cache.get(key) === fresh) cache.delete(key);
  });
  return fresh;
}

function isFresh({ at }: Discovered, now: Date): boolean {
  return Math.abs(now.getTime() - at.getTime()) < KEPT_MS;
}

/** @throws SignInRefused oidc_discovery, oidc_discovery_issuer, oidc_algorithm, or what the way out says */
async function discover({ issuer, clientId }: OidcSettings, deps: OidcDeps): Promise<ServerMetadata> {
  const metadata = await download(issuer, clientId, deps);
  // Discovery §4.3. Here again, since the library makes exceptions for hosts of Microsoft.
  if (new URL(metadata.issuer).href !== new URL(issuer).href) {
    throw refused("oidc_discovery_issuer", "The discovery document is of another issuer; write the issuer as it does.");
  }
  checkEndpoints(metadata, mayBePlain(issuer, deps));
  return { ...metadata, ...allowedAlgorithms(metadata) };
}

async function download(issuer: string, clientId: string, deps: OidcDeps): Promise<ServerMetadata> {
  try {
    const execute = deps.allowHttp ? [allowInsecureRequests] : [];
    const found = await discovery(new URL(issuer), clientId, undefined, undefined, {
      execute,
      [customFetch]: deps.fetch,
    });
    return { ...found.serverMetadata() };
  } catch (error) {
    throw libraryRefusal(error, "oidc_discovery");
  }
}

/** Discovery §3: REQUIRED ones, and https. */
function checkEndpoints(metadata: ServerMetadata, allowHttp: boolean): void {
  for (const name of ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const) {
    if (!isEndpoint(metadata[name], allowHttp)) {
      throw refused("oidc_discovery", `The discovery document has no ${name} that is an https URL.`);
    }
  }
  if (metadata.userinfo_endpoint !== undefined && !isEndpoint(metadata.userinfo_endpoint, allowHttp)) {
    throw refused("oidc_discovery", "The discovery document has a userinfo_endpoint that is no https URL.");
  }
}

/** The way out does not see where a browser is sent: of a provider that is reached by https nothing is plain http. */
export function mayBePlain(issuer: string, { allowHttp }: OidcDeps): boolean {
  return allowHttp && new URL(issuer).protocol === "http:";
}

function isEndpoint(value: unknown, allowHttp: boolean): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol } = new URL(value);
  return protocol === "https:" || (allowHttp && protocol === "http:");
}

/** The library takes what the document lists, which with some providers holds `none`: so ours is what it lists. */
function allowedAlgorithms(metadata: ServerMetadata): Partial<ServerMetadata> {
  const listed = metadata.id_token_signing_alg_values_supported ?? DEFAULT_ALGORITHMS;
  const allowed = ALGORITHMS.filter((name) => Array.isArray(listed) && listed.includes(name));
  if (allowed.length === 0) {
    throw refused("oidc_algorithm", `The provider signs ID tokens by none of ${ALGORITHMS.join(", ")}.`);
  }
  return { id_token_signing_alg_values_supported: allowed, userinfo_signing_alg_values_supported: ALGORITHMS };
}
