import type { Response } from "express";
import { KNOWN_SECONDS, knownCookie } from "../directory/signIn/knownBrowser.ts";
import type { PasswordSignIn } from "../directory/signIn/passwordSignIn.ts";
import { STEP_SECONDS } from "../directory/signIn/secondFactorStep.ts";
import type { OpenedSession } from "../directory/signIn/sessions.ts";
import { setCookie } from "../http/cookies.ts";
import { keepSession } from "./keepSession.ts";
import type { Access } from "./options.ts";

/** Goes on after a right password: in, or to the second factor. */
export async function proceed(
  access: Access,
  res: Response,
  { session, step }: PasswordSignIn,
  returnTo: string,
): Promise<void> {
  if (session) return enter(access, res, session, returnTo);
  setCookie(res, access.cookies, access.cookies.step, step.cookie, STEP_SECONDS);
  res.redirect(303, `/sign-in/factor?${new URLSearchParams({ return_to: returnTo })}`);
}

/** Gives the browser its session, remembers who has signed in in it, and lets it go on. */
export async function enter(access: Access, res: Response, session: OpenedSession, returnTo: string): Promise<void> {
  await keepSession(access, res.req, res, session);
  const { secretKeys, cookies } = access;
  setCookie(res, cookies, cookies.known, knownCookie(secretKeys, session.tenantId, session.memberId), KNOWN_SECONDS);
  res.redirect(303, returnTo);
}
