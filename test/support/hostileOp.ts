/**
 * An OpenID Provider on loopback that does what it is told: by itself it keeps to OpenID Connect Core, PKCE and client
 * authentication included, and each knob breaks one thing.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Request, type RequestHandler, type Response } from "express";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

type Json = Record<string, unknown>;

export interface Knobs {
  discovery?: (document: Json) => unknown;
  discoveryAnswer?: RequestHandler;
  /** What the browser carries back. */
  callback?: (parameters: URLSearchParams) => void;
  claims?: (claims: Json) => Json;
  /** The whole ID token. */
  idToken?: (claims: Json, op: HostileOp) => Promise<string> | string;
  tokenResponse?: (body: Json) => Json;
  tokenAnswer?: RequestHandler;
  keys?: () => unknown[];
  keysAnswer?: RequestHandler;
  userinfo?: Json;
  userinfoAnswer?: RequestHandler;
}

export interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export interface HostileOp {
  readonly issuer: string;
  readonly knobs: Knobs;
  /** Paths below the issuer, in the order asked for. */
  readonly asked: string[];
  /** The form of the latest token request, and its header. */
  readonly token: { form: Json; authorization: string | undefined };
  /** Signs ID tokens; its public half is in the key set. */
  signer: Signer;
  /** Goes where a browser is sent, and returns where it is sent back to. */
  readonly visit: (redirectUrl: string) => Promise<URL>;
  readonly close: () => void;
}

export const CLIENT = { id: "usher-client", secret: "a secret: with +/% and spaces" };

export async function signer(alg: string, kid: string, modulusLength = 2048): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** RSA keys are dear to make: one for all cases. */
const usual = signer("RS256", "usual");

export async function sign(claims: Json, by: Signer, header: Json = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: by.alg, kid: by.kid, ...header }).sign(by.privateKey);
}

/** A JWT that no key has signed. */
export function unsigned(claims: Json, alg = "none", signature = ""): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg })}.${part(claims)}.${signature}`;
}

/** @param path of the issuer, as `/<tenant id>/v2.0` */
export async function hostileOp(knobs: Knobs = {}, path = ""): Promise<HostileOp> {
  const app = express();
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const op: HostileOp = {
    issuer: origin + path,
    knobs,
    asked: [],
    token: { form: {}, authorization: undefined },
    signer: await usual,
    visit: async (url) => {
      const answer = await fetch(url, { redirect: "manual" });
      return new URL(answer.headers.get("location") ?? `${origin}/no-location-${answer.status}`);
    },
    close: () => (server.closeAllConnections(), server.close()),
  };
  app.use(path === "" ? "/" : path, routes(op));
  return op;
}

function routes(op: HostileOp): express.Router {
  const router = express.Router();
  const codes = new Map<string, URLSearchParams>();
  const { knobs } = op;
  router.use((request, _response, next) => (op.asked.push(request.path), next()));
  router.get("/.well-known/openid-configuration", (request, response, next) => {
    if (knobs.discoveryAnswer) return knobs.discoveryAnswer(request, response, next);
    response.json((knobs.discovery ?? ((document: Json) => document))(documentOf(op)));
  });
  router.get("/authorize", (request, response) => {
    const asked = new URL(request.originalUrl, op.issuer).searchParams;
    const code = `code-${codes.size}`;
    codes.set(code, asked);
    const answer = new URLSearchParams({ code, state: asked.get("state") ?? "", iss: op.issuer });
    knobs.callback?.(answer);
    response.redirect(303, `${asked.get("redirect_uri")}?${answer}`);
  });
  router.post("/token", express.urlencoded({ extended: false }), (request, response, next) => {
    op.token.form = request.body as Json;
    op.token.authorization = request.headers.authorization;
    if (knobs.tokenAnswer) return knobs.tokenAnswer(request, response, next);
    return answerToken(op, codes, request, response);
  });
  router.get("/keys", (request, response, next) => {
    if (knobs.keysAnswer) return knobs.keysAnswer(request, response, next);
    response.json({ keys: knobs.keys?.() ?? [op.signer.jwk] });
  });
  router.get("/userinfo", (request, response, next) => {
    if (knobs.userinfoAnswer) return knobs.userinfoAnswer(request, response, next);
    if (request.headers.authorization !== "Bearer access") return void response.status(401).end();
    response.json({ sub: "subject-1", ...knobs.userinfo });
  });
  return router;
}

function documentOf({ issuer }: HostileOp): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    userinfo_endpoint: `${issuer}/userinfo`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    authorization_response_iss_parameter_supported: true,
  };
}

async function answerToken(op: HostileOp, codes: Map<string, URLSearchParams>, request: Request, response: Response) {
  const form = request.body as Record<string, string>;
  const asked = codes.get(form["code"] ?? "");
  if (!asked || asked.get("redirect_uri") !== form["redirect_uri"] || !isProven(asked, form["code_verifier"])) {
    return void response.status(400).json({ error: "invalid_grant" });
  }
  codes.delete(form["code"] ?? "");
  const now = Math.floor(Date.now() / 1000);
  const honest: Json = {
    iss: op.issuer,
    sub: "subject-1",
    aud: asked.get("client_id"),
    nonce: asked.get("nonce"),
    iat: now,
    exp: now + 300,
    email: "ana@customer.example",
  };
  const claims = op.knobs.claims?.(honest) ?? honest;
  const token = await (op.knobs.idToken?.(claims, op) ?? sign(claims, op.signer));
  const body: Json = { access_token: "access", token_type: "Bearer", expires_in: 60, id_token: token };
  response.json(op.knobs.tokenResponse?.(body) ?? body);
}

/** RFC 7636 §4.6. */
function isProven(asked: URLSearchParams, verifier = ""): boolean {
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  return asked.get("code_challenge_method") === "S256" && asked.get("code_challenge") === challenge;
}
