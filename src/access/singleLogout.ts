/** Single logout by SAML: what an identity provider says of it, and what of that a person is shown. */
import type { Request, Response } from "express";
import { senderOf } from "../base/sender.ts";
import {
  connectionById,
  connectionUrls,
  type SignInConnection,
} from "../directory/connections/connectionsForSignIn.ts";
import { logoutBySaml, logoutOutcome, takeLogoutAnswer } from "../directory/signIn/singleLogout.ts";
import { recordRefusal } from "../directory/signIn/signInAttempts.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { readCookie } from "../http/cookies.ts";
import type { LogoutInput } from "../sso/saml/judgeLogout.ts";
import { answerLogout, type Outgoing } from "../sso/saml/sendLogout.ts";
import { type LogoutAnswered, type LogoutAsked, SignInRefused } from "../sso/types.ts";
import type { Who } from "../storage/types.ts";
import { browserOf } from "./browser.ts";
import { readForm } from "./form.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { sendPage } from "./sendPage.ts";
import { goOnPage, logoutRefusedPage, signedOutPage, SUBMIT_HASH } from "./singleLogoutPages.ts";
import { one } from "./start.ts";

/** Bytes of a posted message: a logout has some four thousand. */
const MAX_FORM = 100_000;

/**
 * `GET` and `POST /sso/saml/{connection}/slo`: a logout of the identity provider, or its answer to one of ours. Also where
 * the connection is switched off, for its sessions live on. The session that this browser may have here counts for
 * nothing: those end that the message names.
 */
export async function singleLogout(access: Access, req: Request, res: Response): Promise<void> {
  const connection = await connectionById(access, String(req.params["connection"]));
  if (connection?.protocol !== "saml") return sendPage(res, 403, logoutRefusedPage(messagesOf(req), null));
  const who = whoOf(access, connection);
  try {
    const sender = senderOf(req.ip);
    await access.countAnswer(sender);
    const urls = connectionUrls(access.publicUrl, connection.id);
    const question = { connection, urls, input: await inputOf(req), now: who.now };
    const message = await access.samlThreads.judgeLogout(question, sender);
    await (message.asks
      ? follow(access, req, res, connection, who, message)
      : takeAnswer(access, res, connection, who, message));
  } catch (error) {
    if (!(error instanceof SignInRefused) && !(error instanceof SignInStopped)) throw error;
    await refuseLogout(access, req, res, connection, who, error);
  }
}

function whoOf(access: Access, { tenantId }: SignInConnection): Who {
  return { tenantId, actor: { type: "system" }, now: access.now() };
}

/** The query as it stands in the request line: its signature is over that text (SAML Bindings §3.4.4.1). */
async function inputOf(req: Request): Promise<LogoutInput> {
  if (req.method !== "POST") {
    const at = req.originalUrl.indexOf("?");
    return { query: at < 0 ? "" : req.originalUrl.slice(at + 1) };
  }
  const form = await readForm(req, MAX_FORM);
  const [request, response] = [form.optional("SAMLRequest"), form.optional("SAMLResponse")];
  if ((request === "") === (response === "")) {
    throw new SignInRefused("saml_query", "The form must hold one SAMLRequest or one SAMLResponse.");
  }
  const relayState = form.optional("RelayState") || null;
  if (request === "") return { name: "SAMLResponse", field: response, relayState };
  return { name: "SAMLRequest", field: request, relayState };
}

async function follow(
  access: Access,
  req: Request,
  res: Response,
  connection: SignInConnection,
  who: Who,
  asked: LogoutAsked,
): Promise<void> {
  const sessions = await logoutBySaml(access.db, who, { connectionId: connection.id, ...asked });
  access.log.info({ connection: connection.id, sessions }, "logged out by the identity provider");
  // SAML Core §3.7.3.2: that nobody was signed in here is no failure.
  const answer = answerLogout(connection, connectionUrls(access.publicUrl, connection.id), asked, who.now);
  if (answer === null) return sendPage(res, 200, signedOutPage(messagesOf(req), "here"));
  sendOn(req, res, answer);
}

/** Sends the browser to the identity provider with a message. */
export function sendOn(req: Request, res: Response, outgoing: Outgoing): void {
  if (outgoing.binding === "redirect") return res.redirect(303, outgoing.url);
  const { origin } = new URL(outgoing.url);
  // An identity provider may ask in a frame of its page, which then is where the answer goes (SAML Profiles §4.4.3.5).
  res.removeHeader("X-Frame-Options");
  res.setHeader(
    "Content-Security-Policy",
    `default-src 'none';style-src 'self';script-src ${SUBMIT_HASH};base-uri 'none';frame-ancestors ${origin}`,
  );
  sendPage(res, 200, goOnPage(messagesOf(req), outgoing.url, outgoing.fields));
}

/** The cookie of this browser is Lax, and a posted answer comes without it: it is asked for by our own site's next request. */
async function takeAnswer(
  { db }: Access,
  res: Response,
  { id }: SignInConnection,
  who: Who,
  { requestId, outcome }: LogoutAnswered,
): Promise<void> {
  await takeLogoutAnswer(db, who, id, requestId, outcome);
  res.redirect(303, `/sso/signed-out?${new URLSearchParams({ c: id, r: requestId })}`);
}

/** `GET /sso/signed-out`: how it went, for the browser that signed out. */
export async function signedOut(access: Access, req: Request, res: Response): Promise<void> {
  const connection = await connectionById(access, one(req.query, "c") ?? "");
  const [requestId, browser] = [one(req.query, "r") ?? "", readCookie(req, access.cookies.browser) ?? ""];
  const outcome = connection
    ? await logoutOutcome(access.db, whoOf(access, connection), connection.id, requestId, browser)
    : null;
  sendPage(res, 200, signedOutPage(messagesOf(req), outcome ?? "here"));
}

/** A line of the sign-in log for the admin, and a page with its reference. */
async function refuseLogout(
  access: Access,
  req: Request,
  res: Response,
  { id: connectionId }: SignInConnection,
  who: Who,
  error: SignInRefused | SignInStopped,
): Promise<void> {
  const detail = `Single logout: ${error.message}`.slice(0, 500);
  const line = { connectionId, memberId: null, method: "saml", reason: error.code, detail, arrived: null } as const;
  const reference = await recordRefusal(access.db, who, line, browserOf(req));
  access.log.info({ reference, connection: connectionId, reason: error.code }, "logout refused");
  sendPage(res, 403, logoutRefusedPage(messagesOf(req), reference));
}

function messagesOf(req: Request): ReturnType<typeof messagesFor> {
  return messagesFor(req.headers["accept-language"]);
}
