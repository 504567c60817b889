import type { Request, Response } from "express";
import { isRefusal } from "../base/errors.ts";
import { senderOf } from "../base/sender.ts";
import { connectionById } from "../directory/connections/connectionsForSignIn.ts";
import { logoutByProvider } from "../directory/signIn/providerLogout.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { sendJson } from "../http/reply.ts";
import { judgeLogoutToken } from "../sso/oidc/logoutToken.ts";
import { SignInRefused } from "../sso/types.ts";
import { readForm } from "./form.ts";
import { oidcDeps, type Access } from "./options.ts";

/** Bytes of the form. */
const MAX_FORM = 20_000;

/**
 * `POST /sso/oidc/{connection}/backchannel-logout` (OpenID Connect Back-Channel Logout 1.0 §2.5): a provider ends
 * sessions here, of its own connection alone. Also where the connection is switched off, for its sessions live on.
 */
export async function backchannelLogout(access: Access, req: Request, res: Response): Promise<void> {
  // Each token may make us ask the provider for its keys.
  await access.countLogout(senderOf(req.ip));
  try {
    const token = (await readForm(req, MAX_FORM)).once("logout_token");
    const sessions = await judged(access, String(req.params["connection"]), token);
    access.log.info({ connection: req.params["connection"], sessions }, "logged out by the provider");
    res.status(200).end();
  } catch (error) {
    // §2.8: 400 with the error of RFC 6749 §5.2; that a provider cannot be reached is told so that it tries again.
    const description = detailOf(error);
    sendJson(res, 400, "application/json", { error: "invalid_request", error_description: description });
  }
}

async function judged(access: Access, id: string, token: string): Promise<number> {
  const connection = await connectionById(access, id);
  if (connection?.protocol !== "oidc") throw new SignInStopped("not_found", "There is no such connection.");
  const now = access.now();
  const logout = await judgeLogoutToken(connection, token, oidcDeps(access, now));
  const who = { tenantId: connection.tenantId, actor: { type: "system" }, now } as const;
  return logoutByProvider(access.db, who, { connectionId: connection.id, ...logout });
}

/** What a provider may read; anything else is thrown on. */
function detailOf(error: unknown): string {
  if (error instanceof SignInRefused || error instanceof SignInStopped) return error.message;
  if (isRefusal(error, "invalid_request") || isRefusal(error, "unsupported_media_type")) return error.message;
  throw error;
}
