import type { Request, Response } from "express";
import { hashToken } from "../base/secrets.ts";
import {
  connectionById,
  connectionUrls,
  type SignInConnection,
} from "../directory/connections/connectionsForSignIn.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import { closeSession } from "../directory/signIn/sessions.ts";
import { rememberLogout, samlSession } from "../directory/signIn/singleLogout.ts";
import { clearCookie } from "../http/cookies.ts";
import { endSessionUrl } from "../sso/oidc/endSession.ts";
import { askLogout, type ProviderSession } from "../sso/saml/sendLogout.ts";
import { SignInRefused } from "../sso/types.ts";
import type { Who } from "../storage/types.ts";
import { ATTEMPT_SECONDS, browserSecret } from "./browser.ts";
import { oidcDeps, type Access } from "./options.ts";
import { sendOn } from "./singleLogout.ts";

/** Where a browser goes that has signed out here, and nowhere else. */
const SIGNED_OUT = "/sso/start";

/**
 * Ends the session of a browser, and sends the browser on to its identity provider to end that session too, where the
 * connection wishes and the provider has a place for it.
 */
export async function signOutHere(
  access: Access,
  req: Request,
  res: Response,
  { session, tenant, member }: MemberSession,
): Promise<void> {
  const who = { tenantId: tenant.id, actor: { type: "member", id: member.id }, now: access.now() } as const;
  const connection = session.connectionId === null ? undefined : await connectionById(access, session.connectionId);
  // What the provider calls the session is forgotten with it.
  const known = connection?.protocol === "saml" ? await samlSession(access.db, who, session.id) : undefined;
  await closeSession(access.db, who, session.id, member.id);
  clearCookie(res, access.cookies, access.cookies.session);
  if (connection && known) return signOutBySaml(access, req, res, connection, who, known);
  res.redirect(303, (connection && (await openIdSignOut(access, connection))) ?? SIGNED_OUT);
}

async function signOutBySaml(
  access: Access,
  req: Request,
  res: Response,
  connection: SignInConnection,
  who: Who,
  known: ProviderSession,
): Promise<void> {
  const urls = connectionUrls(access.publicUrl, connection.id);
  const asked = connection.singleLogout ? askLogout(connection, urls, known, who.now) : null;
  if (asked === null) return res.redirect(303, SIGNED_OUT);
  const request = {
    connectionId: connection.id,
    requestId: asked.requestId,
    browserHash: hashToken(browserSecret(access, req, res)),
    expiresAt: new Date(who.now.getTime() + ATTEMPT_SECONDS * 1000),
  };
  await rememberLogout(access.db, who, request);
  sendOn(req, res, asked.outgoing);
}

/** Where an OpenID Provider ends its session; null where it stays here. */
async function openIdSignOut(access: Access, connection: SignInConnection): Promise<string | null> {
  if (connection.protocol !== "oidc" || connection.oidc === null) return null;
  try {
    const url = await endSessionUrl(connection, access.publicUrl + SIGNED_OUT, oidcDeps(access, access.now()));
    return url && url.href;
  } catch (error) {
    // Nobody stays signed in here because the provider cannot be reached.
    if (error instanceof SignInRefused) return null;
    throw error;
  }
}
