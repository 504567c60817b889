import type { Request, Response } from "express";
import { timingSafeEqual } from "node:crypto";
import { hashToken, unseal } from "../base/secrets.ts";
import { senderOf } from "../base/sender.ts";
import { claimAnswer, consumeAnswer, keepClaimed, openAttempt } from "../directory/signIn/signInAttempts.ts";
import {
  connectionById,
  connectionUrls,
  linkingConnection,
  type SignInConnection,
} from "../directory/connections/connectionsForSignIn.ts";
import { isUnderTest } from "../directory/connections/connectionTests.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { signInBySso } from "../directory/signIn/ssoSignIn.ts";
import { readCookie } from "../http/cookies.ts";
import { finishOidc } from "../sso/oidc/finishOidc.ts";
import { SignInRefused } from "../sso/types.ts";
import type { Who } from "../storage/types.ts";
import { browserOf } from "./browser.ts";
import { readForm } from "./form.ts";
import { oidcDeps, type Access } from "./options.ts";
import { keepSession } from "./keepSession.ts";
import { fail, refuse, type Refused } from "./refused.ts";
import { one } from "./start.ts";
import { showTest } from "./test.ts";

/** Bytes of a posted response: base64 of 512 KB, and what the form adds. */
const MAX_FORM = 720_000;

/** `POST /sso/saml/{connection}/acs`: judged outside any transaction, consumed in one, finished by a same-site GET. */
export async function samlAnswer(access: Access, req: Request, res: Response): Promise<void> {
  await withConnection(access, req, res, "saml", async (connection, who) => {
    // Judging a hostile response costs seconds before its signature says who sent it.
    const sender = senderOf(req.ip);
    await access.countAnswer(sender);
    const message = { samlResponse: (await readForm(req, MAX_FORM)).once("SAMLResponse") };
    const urls = connectionUrls(access.publicUrl, connection.id);
    const judged = await access.samlThreads.judge({ connection, urls, message, now: who.now }, sender);
    const { requestId, identity, assertionId, expiresAt } = judged;
    const assertion = { id: assertionId, expiresAt };
    const answer = { connectionId: connection.id, requestId, identity, assertion };
    const { handle, testId } = await consumeAnswer(access.db, who, answer);
    // The cookies of this browser are Lax: they come with the next request, which is our own site's.
    const next = testId === null ? "/sso/finish" : "/sso/test/finish";
    res.redirect(303, `${next}?${new URLSearchParams({ c: connection.id, h: handle })}`);
  });
}

/** `GET /sso/oidc/{connection}/callback`. */
export async function oidcAnswer(access: Access, req: Request, res: Response): Promise<void> {
  await withConnection(access, req, res, "oidc", async (connection, who) => {
    const state = one(req.query, "state");
    const attempt = state === undefined ? undefined : await openAttempt(access.db, who, connection.id, state);
    if (!attempt) {
      throw new SignInStopped("oidc_state", "the answer belongs to no sign-in that is open here");
    }
    if (!isSameBrowser(access, req, attempt.browserHash)) {
      throw new SignInStopped("other_browser", "the answer came to another browser than the one that began");
    }
    if (attempt.testId === null && connection.status !== "enabled") throw disabled();
    await claimAnswer(access.db, who, attempt.id);
    const proof = attempt.proof === null ? "" : unseal(access.secretKeys, attempt.proof, `attempt:${attempt.id}`);
    const callback = new URL(req.originalUrl, access.publicUrl);
    const urls = connectionUrls(access.publicUrl, connection.id);
    const identity = await finishOidc(connection, urls, callback, proof, oidcDeps(access, who.now));
    const handle = await keepClaimed(access.db, who, attempt.id, identity);
    await (attempt.testId === null ? signIn : showTest)(access, req, res, who, handle);
  });
}

function isSameBrowser({ cookies }: Access, req: Request, hash: Buffer): boolean {
  return timingSafeEqual(hashToken(readCookie(req, cookies.browser) ?? ""), hash);
}

/** `GET /sso/finish`: the browser that began comes for what was found. */
export async function finish(access: Access, req: Request, res: Response): Promise<void> {
  await withConnection(access, req, res, null, (_connection, who) =>
    signIn(access, req, res, who, one(req.query, "h") ?? ""),
  );
}

/** `GET /sso/test/finish`: the same for a test. */
export async function finishTest(access: Access, req: Request, res: Response): Promise<void> {
  await withConnection(access, req, res, null, (_connection, who) =>
    showTest(access, req, res, who, one(req.query, "h") ?? ""),
  );
}

async function signIn(access: Access, req: Request, res: Response, who: Who, handle: string): Promise<void> {
  const { cookies } = access;
  const redeem = { handle, browser: readCookie(req, cookies.browser) ?? "" };
  const { session, returnTo } = await signInBySso(access.db, who, redeem, linkingConnection, browserOf(req));
  // The browser stays known for a while: another tab of it may be at the identity provider still.
  await keepSession(access, req, res, session);
  res.redirect(303, returnTo);
}

/** Finds the connection of a path and turns every way to fail into a line of the log and a page with its reference. */
async function withConnection(
  access: Access,
  req: Request,
  res: Response,
  protocol: "saml" | "oidc" | null,
  work: (connection: SignInConnection, who: Who) => Promise<void>,
): Promise<void> {
  const now = access.now();
  const id = protocol === null ? (one(req.query, "c") ?? "") : String(req.params["connection"]);
  const connection = await connectionById(access, id);
  if (!connection || (protocol !== null && connection.protocol !== protocol)) {
    return fail(req, res, { reference: null, retryUrl: null });
  }
  const who = { tenantId: connection.tenantId, actor: { type: "system" }, now } as const;
  try {
    // What answers a sign-in is refused later, where it is known to be none of a test's.
    const isOpen = connection.status === "enabled" || (await isUnderTest(access.db, who, connection.id));
    if (!isOpen) throw disabled();
    await work(connection, who);
  } catch (error) {
    if (!(error instanceof SignInRefused) && !(error instanceof SignInStopped)) throw error;
    const answer = error.code === "saml_unsolicited" ? unasked : refuse;
    await answer(access, req, res, { connection, who, error });
  }
}

function disabled(): SignInStopped {
  return new SignInStopped("connection_disabled", "the connection is switched off");
}

/** A tile was clicked at the identity provider: what it sent is not read, and the sign-in begins here, once. */
async function unasked(access: Access, req: Request, res: Response, refused: Refused): Promise<void> {
  const { id, unsolicited } = refused.connection;
  if (unsolicited === "restart") return res.redirect(303, `/sso/start?connection=${id}&unasked=1`);
  await refuse(access, req, res, refused);
}
