/** The keys with which a provider signs what it sends us without a browser: logout tokens and the like. */
import { createLocalJWKSet, errors, type jwtVerify, type JWTVerifyGetKey } from "jose";
import type { Discovered, OidcDeps } from "./discovery.ts";
import { refused } from "./refusal.ts";

/** Judges a token by these keys; throws what `jose` throws. */
export type Verify = (keys: JWTVerifyGetKey) => ReturnType<typeof jwtVerify>;

/** A key that is not found asks the provider for its keys at most once in so many seconds. */
const NEGATIVE_SECONDS = 60;
const MOST_KEYS = 100;

/**
 * With the keys that are known, and once more with those of now where none of them fits.
 *
 * @throws SignInRefused oidc_key; what `verify` throws
 */
export async function byProviderKeys(
  verify: Verify,
  provider: Discovered,
  jwksUri: string,
  deps: OidcDeps,
): ReturnType<typeof jwtVerify> {
  try {
    return await verify(await keysOf(provider, jwksUri, deps, false));
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
  }
  return verify(await keysOf(provider, jwksUri, deps, true));
}

/** The provider's keys, shared with what checks ID tokens; one fetch a minute, whatever keys are named (O14). */
async function keysOf(provider: Discovered, jwksUri: string, deps: OidcDeps, anew: boolean): Promise<JWTVerifyGetKey> {
  const now = Math.floor(deps.now.getTime() / 1000);
  const isRecent = provider.keys !== null && Math.abs(now - provider.keys.at) < NEGATIVE_SECONDS;
  const { jwks } =
    provider.keys === null || (anew && !isRecent) ? await newKeys(provider, jwksUri, deps, now) : provider.keys;
  return createLocalJWKSet({ keys: [...jwks.keys] });
}

type KeySet = NonNullable<Discovered["keys"]>;
const underWay = new WeakMap<Discovered, Promise<KeySet>>();

/** Asks once for all who wait: anybody can post what looks like a token, and a provider that hangs would be asked by each. */
function newKeys(provider: Discovered, jwksUri: string, deps: OidcDeps, at: number): Promise<KeySet> {
  const running =
    underWay.get(provider) ??
    fetchKeys(jwksUri, deps)
      .then((keys) => (provider.keys = { jwks: { keys }, at }))
      .finally(() => underWay.delete(provider));
  underWay.set(provider, running);
  return running;
}

async function fetchKeys(jwksUri: string, deps: OidcDeps): Promise<object[]> {
  const answer = await deps.fetch(jwksUri, {
    method: "GET",
    headers: { accept: "application/json" },
    body: undefined,
    redirect: "manual",
  });
  const body = answer.ok ? await answer.json().catch(() => undefined) : undefined;
  const keys: unknown = (body as { keys?: unknown } | undefined)?.keys;
  const isSet = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
  if (!isSet || keys.length > MOST_KEYS) throw refused("oidc_key", "The provider's key set cannot be read.");
  return keys as object[];
}
