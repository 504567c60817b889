/**
 * `POST /sso/connections/{connection}/global-token-revocation` (draft-parecki-oauth-global-token-revocation): an identity
 * provider has everything ended that one of its people has here. Also where the connection is switched off, for the
 * sessions live on.
 */
import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { senderOf } from "../base/sender.ts";
import {
  connectionById,
  connectionUrls,
  type SignInConnection,
} from "../directory/connections/connectionsForSignIn.ts";
import { isRevocationIssuer, isRevocationSecret } from "../directory/connections/revocationCredentials.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { revokeTokensOf, type TokenRevocation } from "../directory/signIn/tokenRevocation.ts";
import { bearerChallenge, bearerToken } from "../http/bearer.ts";
import { readJson } from "../http/body.ts";
import { sendJson } from "../http/reply.ts";
import { SignInRefused } from "../sso/types.ts";
import { oidcDeps, type Access } from "./options.ts";
import { subjectIn } from "./tokenRevocationSubject.ts";
import { issuerOf, judgeRevocationToken, type RevocationToken } from "./tokenRevocationToken.ts";

/** Bytes of the body. */
const MAX_BODY = 20_000;

/** Answers a request; 204 where there was somebody, whether or not they were signed in. */
export async function globalTokenRevocation(access: Access, req: Request, res: Response): Promise<void> {
  // Each token may make us ask its issuer for keys.
  await access.countLogout(senderOf(req.ip));
  const now = access.now();
  try {
    const { connection, once } = await authenticated(access, req, now);
    const subject = subjectIn(await readJson(req, { types: ["application/json"], limit: MAX_BODY }));
    const asked: TokenRevocation = { connectionId: connection.id, subject, once };
    const who = { tenantId: connection.tenantId, actor: { type: "system" }, now } as const;
    const members = await revokeTokensOf(access.db, who, asked);
    access.log.info({ connection: connection.id, members }, "tokens revoked by the identity provider");
    if (members === 0) throw new Refusal("not_found", "This connection knows nobody of that name.");
    res.status(204).end();
  } catch (error) {
    refuse(req, res, error);
  }
}

interface Authenticated {
  readonly connection: SignInConnection;
  readonly once: RevocationToken | null;
}

/** @throws Refusal `unauthenticated`, the same whatever is wrong with it */
async function authenticated(access: Access, req: Request, now: Date): Promise<Authenticated> {
  const token = bearerToken(req);
  const connection = await connectionById(access, String(req.params["connection"]));
  if (!connection) throw unauthenticated();
  const { tenantId, id: connectionId } = connection;
  const at = { tenantId, connectionId };
  if (await isRevocationSecret(access.db, at, token, now)) return { connection, once: null };
  const issuer = issuerOf(token);
  // Of an OpenID Connect connection its own provider, which may sign people out by a logout token as well.
  const isOwn = issuer !== null && issuer === connection.oidc?.issuer;
  const isTrusted = issuer !== null && (isOwn || (await isRevocationIssuer(access.db, at, issuer, null)));
  if (!isTrusted) throw unauthenticated();
  const audience = connectionUrls(access.publicUrl, connectionId).globalTokenRevocationUri;
  const once = await judgeRevocationToken({ connection, issuer, audience }, token, oidcDeps(access, now));
  // Asked once more where it is not the connection's own: it may have been deleted while keys were looked up.
  const holds = once !== undefined && (isOwn || (await isRevocationIssuer(access.db, at, issuer, now)));
  if (!holds) throw unauthenticated();
  return { connection, once };
}

function unauthenticated(): Refusal {
  const detail = "This is neither a token that was made for this connection, nor one of its issuer for this address.";
  return new Refusal("unauthenticated", detail);
}

/** What a client may read (§3.3); anything else is thrown on. */
function refuse(req: Request, res: Response, error: unknown): void {
  const [status, code, detail] = answerTo(error);
  if (status === 401) res.setHeader("WWW-Authenticate", bearerChallenge(req));
  sendJson(res, status, "application/json", { error: code, error_description: detail });
}

const statuses: Readonly<Record<string, readonly [status: number, code: string]>> = {
  unauthenticated: [401, "invalid_token"],
  invalid_request: [400, "invalid_request"],
  unsupported_media_type: [400, "invalid_request"],
  content_too_large: [400, "invalid_request"],
  not_found: [404, "subject_not_found"],
};

function answerTo(error: unknown): readonly [status: number, code: string, detail: string] {
  // A token that was used, or whose issuer cannot be asked: the caller is not proven.
  if (error instanceof SignInStopped || error instanceof SignInRefused) return [401, "invalid_token", error.message];
  const found = error instanceof Refusal ? statuses[error.code] : undefined;
  if (!found || !(error instanceof Refusal)) throw error;
  return [...found, error.message];
}
