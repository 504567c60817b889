/** An application that signs people in through Usher, shows who they are, and lets them do what they may. */
import { randomUUID } from "node:crypto";
import express, { type Express, type Request, type Response } from "express";
import * as oidc from "openid-client";
import { type Claims, listen } from "./told.ts";

/** As the operator of Usher gave it (docs/applications.md); `url` is where this application runs. */
export type Settings = Readonly<Record<"url" | "issuer" | "clientId" | "clientSecret" | "webhookSecret", string>>;
type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;
type Session = { claims: Claims; tokens: Tokens; until: number; renewed?: Promise<void> };

export async function createApp(settings: Settings): Promise<Express> {
  const { url, issuer, clientId, clientSecret } = settings;
  // The second is for http on loopback: leave it out where Usher has https.
  const execute = [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests];
  const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, { execute });
  // A real application has these in its database.
  const begun = new Map<string, oidc.AuthorizationCodeGrantChecks>();
  const sessions = new Map<string, Session>();

  const cookieOf = (req: Request): string => /(?:^|; )app=([\w-]+)/.exec(req.headers.cookie ?? "")?.[1] ?? "";
  const setCookie = (res: Response, id: string): Response => res.cookie("app", id, { httpOnly: true, sameSite: "lax" });
  function keep(id: string, tokens: Tokens): void {
    const until = Date.now() + (tokens.expires_in ?? 0) * 1000;
    sessions.set(id, { claims: tokens.claims() as unknown as Claims, tokens, until });
  }
  /** Every five minutes Usher says again who this is and may; a refresh token is good once: all requests wait for it. */
  async function current(req: Request): Promise<Claims | undefined> {
    const [id, known] = [cookieOf(req), sessions.get(cookieOf(req))];
    if (known && known.until < Date.now()) await (known.renewed ??= renew(id, known.tokens));
    return sessions.get(id)?.claims;
  }
  async function renew(id: string, { refresh_token = "" }: Tokens): Promise<void> {
    const renewed = await oidc.refreshTokenGrant(config, refresh_token).catch(() => undefined);
    if (sessions.delete(id) && renewed) keep(id, renewed);
  }
  /** Who has no seat may look and not change; of who has one the permissions say what. */
  const mayWrite = ({ seat, permissions }: Claims): boolean =>
    seat && (permissions.includes("*") || permissions.includes("notes:create"));

  const app = express();
  app.get("/", async (req, res) => {
    const claims = await current(req);
    if (!claims) return void res.send('<h1>Notes</h1><a href="/login">Sign in</a>');
    const shown = JSON.stringify(claims, null, 1).replaceAll("<", "&lt;");
    const form = (id: string): string => `<form method="post" action="/${id}"><button id="${id}">${id}</button></form>`;
    res.send(`<h1>Notes</h1><pre>${shown}</pre>${mayWrite(claims) ? form("notes") : ""}${form("logout")}`);
  });
  app.get("/login", async (req, res) => {
    const [id, pkceCodeVerifier] = [randomUUID(), oidc.randomPKCECodeVerifier()];
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    begun.set(id, { pkceCodeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
    const tenant = new URL(req.url, url).searchParams.get("tenant") ?? "";
    const asked = { scope: "openid profile roles", redirect_uri: `${url}/callback`, tenant, state, nonce };
    const code_challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
    const proof = { code_challenge, code_challenge_method: "S256" };
    setCookie(res, id).redirect(oidc.buildAuthorizationUrl(config, { ...asked, ...proof }).href);
  });
  app.get("/callback", async (req, res) => {
    const checks = begun.get(cookieOf(req));
    begun.delete(cookieOf(req));
    if (!checks) return res.redirect("/");
    const id = randomUUID();
    keep(id, await oidc.authorizationCodeGrant(config, new URL(req.originalUrl, url), checks));
    setCookie(res, id).redirect("/");
  });
  app.post("/notes", async (req, res) => {
    const allowed = await current(req).then((claims) => claims !== undefined && mayWrite(claims));
    res.status(allowed ? 201 : 403).send(allowed ? "Added" : "Not yours to do");
  });
  app.post("/logout", (req, res) => {
    const id_token_hint = sessions.get(cookieOf(req))?.tokens.id_token ?? "";
    sessions.delete(cookieOf(req));
    res.redirect(303, oidc.buildEndSessionUrl(config, { id_token_hint, post_logout_redirect_uri: `${url}/` }).href);
  });
  listen(app, settings, config, (gone) => {
    for (const [id, { claims }] of sessions) if (gone(claims)) sessions.delete(id);
  });
  return app;
}
