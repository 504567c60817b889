/** A sign-in at a provider of the tests, as its own connection begins and finishes it. */
import assert from "node:assert/strict";
import { createOutbound, type Outbound, type OutboundOptions } from "../../src/http/outbound.ts";
import { beginOidc } from "../../src/sso/oidc/beginOidc.ts";
import type { OidcDeps } from "../../src/sso/oidc/discovery.ts";
import { finishOidc } from "../../src/sso/oidc/finishOidc.ts";
import { outboundFetch } from "../../src/sso/oidc/outboundFetch.ts";
import type { OidcRefusal } from "../../src/sso/oidc/refusal.ts";
import {
  type ConnectionUrls,
  type Identity,
  type OidcSettings,
  SignInRefused,
  type SsoConnection,
} from "../../src/sso/types.ts";
import { CLIENT, hostileOp, type HostileOp, type Knobs } from "../support/hostileOp.ts";

const open: { close: () => unknown }[] = [];

/** What of a connection is not as usual. */
export type More = Partial<Omit<SsoConnection, "oidc">> & { readonly oidc?: Partial<OidcSettings> | null };

export function connectionTo(issuer: string, { oidc, ...more }: More = {}): SsoConnection {
  return {
    id: "0192e0a0-0000-7000-8000-000000000001",
    tenantId: "0192e0a0-0000-7000-8000-0000000000aa",
    protocol: "oidc",
    provider: "other",
    status: "enabled",
    saml: null,
    oidc: oidc === null ? null : { issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, ...oidc },
    attributes: {},
    groupsClaim: null,
    matchClaim: null,
    ownDomains: [],
    keys: [],
    signRequests: false,
    allowCbc: false,
    ...more,
  };
}

export function urlsOf({ id }: { id: string }): ConnectionUrls {
  const base = "https://usher.example/sso";
  return {
    acsUrl: `${base}/saml/${id}/acs`,
    spEntityId: `${base}/saml/${id}/metadata`,
    metadataUrl: `${base}/saml/${id}/metadata`,
    sloUrl: `${base}/saml/${id}/slo`,
    redirectUri: `${base}/oidc/${id}/callback`,
  };
}

/** A way out of its own, so that nothing is remembered from another case. */
export function depsWith(options: Partial<OutboundOptions> = {}): OidcDeps {
  const way: Outbound = createOutbound({ allowedNetworks: ["127.0.0.0/8"], limitMs: 20_000, ...options });
  open.push(way);
  return { fetch: outboundFetch(way), now: new Date(), allowHttp: true };
}

export async function opWith(knobs: Knobs = {}, path = ""): Promise<HostileOp> {
  const op = await hostileOp(knobs, path);
  open.push(op);
  return op;
}

/** From the start to the identity, with the browser in between. */
export async function signIn(
  op: Pick<HostileOp, "visit" | "issuer">,
  more: More = {},
  deps: OidcDeps = depsWith(),
): Promise<Identity> {
  const connection = connectionTo(op.issuer, more);
  const urls = urlsOf(connection);
  const begun = await beginOidc(connection, urls, deps);
  return finishOidc(connection, urls, await op.visit(begun.redirectUrl), begun.proof ?? "", deps);
}

/** The words are an admin's: no personal values, and nothing that ends a line or begins a tag. */
export async function assertRefused(work: Promise<unknown>, code: OidcRefusal): Promise<SignInRefused> {
  const refusal = await work.then(
    () => assert.fail(`accepted, where ${code} was due`),
    (error: unknown) => error,
  );
  if (!(refusal instanceof SignInRefused)) throw refusal;
  assert.equal(refusal.code, code, refusal.message);
  assert.doesNotMatch(refusal.message, /[<>\r\n]|customer\.example|subject-1/);
  assert.equal(refusal.cause, undefined);
  return refusal;
}

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((each) => each.close()));
}
