import type { Request, Response } from "express";
import { newId } from "../base/ids.ts";
import { hashToken, seal } from "../base/secrets.ts";
import { senderOf } from "../base/sender.ts";
import { rememberAttempt } from "../directory/signIn/signInAttempts.ts";
import { connectionUrls, type SignInConnection } from "../directory/connections/connectionsForSignIn.ts";
import { beginOidc } from "../sso/oidc/beginOidc.ts";
import { beginSaml } from "../sso/saml/beginSaml.ts";
import { type Begun, type Requirements, SignInRefused } from "../sso/types.ts";
import { ATTEMPT_SECONDS, browserSecret } from "./browser.ts";
import { oidcDeps, type Access } from "./options.ts";
import { requirementsOf } from "./provider/interaction.ts";
import { refuse } from "./refused.ts";

/** What the person, or the site that they come from, wants of a sign-in. */
export interface Wanted {
  /** A path of this server. */
  readonly returnTo: string;
  /** Whom the identity provider shall offer to sign in as; it proves nothing. */
  readonly loginHint: string | undefined;
  /** The test that this is for: it signs nobody in. */
  readonly testId?: string;
  /** SHA-256 of the token of an invitation or invite link, which is accepted on the way. */
  readonly invitationHash?: Buffer;
}

/**
 * Sends the browser to the identity provider of a connection, and remembers who it was; a provider that cannot be
 * reached or asked is a refused sign-in like any other.
 *
 * @throws Refusal `rate_limited`: whoever begins without end fills no table
 */
export async function begin(
  access: Access,
  req: Request,
  res: Response,
  connection: SignInConnection,
  { returnTo, loginHint, testId, invitationHash }: Wanted,
): Promise<void> {
  await access.countBegin(senderOf(req.ip));
  const now = access.now();
  const who = { tenantId: connection.tenantId, actor: { type: "system" }, now } as const;
  const required = await requirementsOf(access.db, returnTo, now);
  const begun = await beginWith(access, connection, now, { loginHint, required }).catch(refusalOf);
  if (begun instanceof SignInRefused) return refuse(access, req, res, { connection, who, error: begun });
  const id = newId(now);
  const attempt = {
    id,
    connectionId: connection.id,
    browserHash: hashToken(browserSecret(access, req, res)),
    requestId: begun.requestId,
    proof: begun.proof === null ? null : seal(access.secretKeys, begun.proof, `attempt:${id}`),
    returnTo,
    testId: testId ?? null,
    invitationHash: invitationHash ?? null,
    demands: required ?? null,
    expiresAt: new Date(now.getTime() + ATTEMPT_SECONDS * 1000),
  };
  await rememberAttempt(access.db, who, attempt);
  res.redirect(303, begun.redirectUrl);
}

function refusalOf(error: unknown): SignInRefused {
  if (error instanceof SignInRefused) return error;
  throw error;
}

async function beginWith(
  access: Access,
  connection: SignInConnection,
  now: Date,
  { loginHint, required }: { loginHint: string | undefined; required: Requirements | undefined },
): Promise<Begun> {
  const urls = connectionUrls(access.publicUrl, connection.id);
  // SAML has no hint: a Subject in the request (SAML Core §3.4.1) must then be who answers, or the sign-in fails.
  if (connection.protocol === "saml") return beginSaml(connection, urls, now, { required });
  return beginOidc(connection, urls, oidcDeps(access, now), loginHint, required);
}
