/** A real OpenID Provider (oidc-provider) in process, on loopback, at which one person is always signed in. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

export interface OidcIdp {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in; may be changed between sign-ins. */
  person: Record<string, unknown> & { sub: string };
  /** Follows the redirects as a browser does, until it is sent back to us; returns that address. */
  readonly visit: (redirectUrl: string) => Promise<URL>;
  readonly close: () => void;
}

/** @param redirectUris of us as its client */
export async function oidcIdp(redirectUris: readonly string[]): Promise<OidcIdp> {
  const app = express();
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const idp: OidcIdp = {
    issuer,
    clientId: "usher",
    clientSecret: "a-client-secret-of-the-tests-0123456789",
    person: { sub: "ana-1", email: "ana@customer.example", email_verified: true },
    visit: (url) => visit(url, issuer),
    close: () => (server.closeAllConnections(), server.close()),
  };
  const provider = await providerOf(idp, redirectUris);
  app.get("/interaction/:uid", async (request, response) => {
    await provider.interactionFinished(request, response, { login: { accountId: idp.person.sub } });
  });
  app.use(provider.callback());
  return idp;
}

async function providerOf(idp: OidcIdp, redirectUris: readonly string[]): Promise<Provider> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return new Provider(idp.issuer, {
    clients: [{ client_id: idp.clientId, client_secret: idp.clientSecret, redirect_uris: [...redirectUris] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "first", use: "sig", alg: "RS256" }] as never },
    cookies: { keys: ["of the tests"] },
    features: { devInteractions: { enabled: false } },
    claims: {
      openid: ["sub", "hd"],
      email: ["email", "email_verified"],
      profile: ["given_name", "family_name", "name"],
      groups: ["groups"],
    },
    ttl: { AccessToken: 600, AuthorizationCode: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    pkce: { required: () => true },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: async (_context, sub) => ({ accountId: sub, claims: async () => ({ ...idp.person, sub }) }),
    /** Nobody is asked for consent: the customer's admin has given it. */
    loadExistingGrant: async ({ oidc }) => {
      const { client, session } = oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email profile groups");
      await grant.save();
      return grant;
    },
  });
}

async function visit(start: string, issuer: string): Promise<URL> {
  const jar = new Map<string, string>();
  let url = new URL(start);
  for (let steps = 0; url.origin === issuer; steps++) {
    if (steps > 10) throw new Error(`the provider does not come to an end: ${url.href}`);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const each of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
      jar.set(name, value);
    }
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`the provider stopped with ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  return url;
}
