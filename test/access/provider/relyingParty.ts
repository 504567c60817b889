/** An application that signs people in through Usher with openid-client, a certified relying party. */
import assert from "node:assert/strict";
import * as client from "openid-client";
import { api, type Browser, type Seen, server } from "../place.ts";
import { PASSWORD } from "../people.ts";

/** Nobody listens there: where a browser is sent back to is read, not followed. */
export const CALLBACK = "http://127.0.0.1:9/callback";
export const SIGNED_OUT = "http://127.0.0.1:9/signed-out";
export const API = "https://api.vendor.example";

/** What a relying party keeps between its request and the answer. */
export interface Begun {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly maxAge: number | undefined;
}

export interface RelyingParty {
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly config: client.Configuration;
  readonly begin: (more?: Record<string, string>) => Promise<Begun>;
  readonly redeem: (begun: Begun, callback: string, more?: Record<string, string>) => Promise<Tokens>;
}

export type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

const SCOPE = "openid email profile roles groups";

/** Registers an application and discovers the provider as it does. */
export async function relyingParty(more: object = {}): Promise<RelyingParty> {
  const wanted = {
    name: "App",
    type: "web",
    redirectUris: [CALLBACK, "https://two.example/callback"],
    postLogoutRedirectUris: [SIGNED_OUT],
  };
  const made = await api("POST", "/apps", { ...wanted, ...more });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { clientId, clientSecret } = made.body as { clientId: string; clientSecret: string | null };
  const authentication = clientSecret === null ? client.None() : client.ClientSecretBasic(clientSecret);
  const issuer = new URL(`${await server()}/oidc`);
  const config = await client.discovery(issuer, clientId, clientSecret ?? undefined, authentication, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });
  return {
    clientId,
    clientSecret,
    config,
    begin: (parameters) => begin(config, parameters),
    redeem: (begun, callback, parameters) =>
      client.authorizationCodeGrant(
        config,
        new URL(callback),
        {
          pkceCodeVerifier: begun.verifier,
          expectedState: begun.state,
          expectedNonce: begun.nonce,
          idTokenExpected: true,
          ...(begun.maxAge !== undefined && { maxAge: begun.maxAge }),
        },
        parameters,
      ),
  };
}

async function begin(config: client.Configuration, more: Record<string, string> = {}): Promise<Begun> {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...more,
  });
  return { url, verifier, state, nonce, maxAge: more["max_age"] === undefined ? undefined : Number(more["max_age"]) };
}

/** Follows redirects within Usher, as a browser does; ends at a page, or at an address of somebody else's. */
export async function follow(browser: Browser, start: string): Promise<Seen & { url: string }> {
  const base = await server();
  let url = new URL(start, base).href;
  for (let steps = 0; steps < 20; steps++) {
    const seen = await browser.get(url);
    if (seen.status < 300 || seen.status > 399) return { ...seen, url };
    url = new URL(seen.location, url).href;
    if (!url.startsWith(base)) return { ...seen, url };
  }
  throw new Error(`no end of redirects: ${url}`);
}

/** Fills in the form of a password on a page, and follows on. */
export async function byPassword(
  browser: Browser,
  at: Seen & { url: string },
  email: string,
): Promise<Seen & { url: string }> {
  assert.match(at.text, /action="\/sign-in"/, `no form of a password at ${at.url}: ${at.status}`);
  const hidden = [...at.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
  const form = Object.fromEntries(hidden.map(([, name, value]) => [name, (value ?? "").replaceAll("&amp;", "&")]));
  const done = await browser.post("/sign-in", { ...form, email, password: PASSWORD });
  assert.equal(done.status, 303, done.text);
  const elsewhere = URL.canParse(done.location) && !done.location.startsWith(await server());
  return elsewhere ? { ...done, url: done.location } : follow(browser, done.location);
}

/** The whole way: request, sign-in by password, tokens. */
export async function signInTo(
  party: RelyingParty,
  browser: Browser,
  { tenant, email, ...more }: { tenant: string; email: string; [parameter: string]: string },
): Promise<Tokens> {
  const begun = await party.begin({ tenant, ...more });
  const page = await follow(browser, begun.url.href);
  const done = page.url.startsWith(CALLBACK) ? page : await byPassword(browser, page, email);
  return party.redeem(begun, done.url);
}
