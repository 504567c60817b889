/**
 * What Usher's sign-in is measured against: express, pg and the same libraries doing the least that could sign anybody in.
 * The start redirects, the answer is validated by the library alone and becomes one row, which the session's GET reads.
 * No tenants, members or seats, nothing is remembered of the start but by a cookie, and an answer may come twice.
 *
 * Environment: PORT, DATABASE_URL. What to sign in with comes by `POST /connection`.
 */
import { randomBytes } from "node:crypto";
import { SAML, type SamlConfig } from "@node-saml/node-saml";
import express, { type Request } from "express";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { Pool } from "pg";

/** What the bare server signs in with. */
export type BareConnection =
  | { readonly saml: SamlConfig }
  | {
      readonly oidc: Readonly<Record<"issuer" | "clientId" | "clientSecret" | "redirectUri", string>>;
    };

const { PORT, DATABASE_URL } = process.env;
// As Usher has it: rounds are further apart than pg keeps a connection that idles.
const pool = new Pool({ connectionString: DATABASE_URL, max: 16, idleTimeoutMillis: 300_000 });
let saml = new SAML({ idpCert: "none", callbackUrl: "none", issuer: "none" });
let client: Configuration;
let redirectUri = "";

const app = express();
app.disable("etag");
app.disable("x-powered-by");

await pool.query(`create schema if not exists bare;
  create table bare.sessions (id text primary key, subject text not null, at timestamptz not null default now())`);

app.get("/readyz", (_req, res) => void res.send("ready"));

app.post("/connection", express.json(), async (req, res) => {
  const connection = req.body as BareConnection;
  if ("saml" in connection) {
    saml = new SAML(connection.saml);
  } else {
    const { issuer, clientId, clientSecret } = connection.oidc;
    const execute = [allowInsecureRequests, enableNonRepudiationChecks];
    ({ redirectUri } = connection.oidc);
    client = await discovery(new URL(issuer), clientId, clientSecret, undefined, { execute });
  }
  res.send("taken");
});

app.get("/saml/start", async (_req, res) => {
  res.redirect(303, await saml.getAuthorizeUrlAsync("", undefined, {}));
});

app.post("/saml/acs", express.urlencoded({ limit: "1mb" }), async (req, res) => {
  const { SAMLResponse } = req.body as { SAMLResponse: string };
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
  const session = await opened(profile?.nameID);
  res.cookie("session", session, { httpOnly: true, sameSite: "lax" }).redirect(303, "/");
});

app.get("/oidc/start", async (_req, res) => {
  const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
  const url = buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const began = [state, nonce, verifier].join(".");
  res.cookie("began", began, { httpOnly: true, sameSite: "lax" }).redirect(303, url.href);
});

app.get("/oidc/callback", async (req, res) => {
  const [expectedState = "", expectedNonce = "", pkceCodeVerifier = ""] = cookie(req, "began").split(".");
  const checks = { expectedState, expectedNonce, pkceCodeVerifier, idTokenExpected: true };
  const url = new URL(req.originalUrl, redirectUri);
  const tokens = await authorizationCodeGrant(client, url, checks);
  const { sub } = await fetchUserInfo(client, tokens.access_token, tokens.claims()?.sub ?? "");
  const session = await opened(sub);
  res.cookie("session", session, { httpOnly: true, sameSite: "lax" }).redirect(303, "/");
});

app.get("/session", async (req, res) => {
  const { rows } = await pool.query("select subject, at from bare.sessions where id = $1", [cookie(req, "session")]);
  res.status(rows[0] ? 200 : 401).json(rows[0]);
});

async function opened(subject: string | undefined): Promise<string> {
  const id = randomBytes(32).toString("base64url");
  await pool.query("insert into bare.sessions (id, subject) values ($1, $2)", [id, subject]);
  return id;
}

function cookie(req: Request, name: string): string {
  const pairs = (req.headers.cookie ?? "").split("; ").map((pair) => pair.split("="));
  return pairs.find(([known]) => known === name)?.[1] ?? "";
}

const server = app.listen(Number(PORT), "127.0.0.1");
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => process.exit());
});
