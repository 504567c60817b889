import type { Request, Response } from "express";
import { newSecret } from "../base/secrets.ts";
import type { Browser } from "../directory/signIn/ssoSignIn.ts";
import { readCookie, setCookie } from "../http/cookies.ts";
import type { Access } from "./options.ts";

/** How long a sign-in may take, from its start to its end: a second factor and a forgotten phone included. */
export const ATTEMPT_SECONDS = 900;

/** The secret by which this browser is known while it signs in; one cookie serves several tabs. */
export function browserSecret({ cookies }: Access, req: Request, res: Response): string {
  const known = readCookie(req, cookies.browser);
  const secret = known !== undefined && /^[A-Za-z0-9_-]{43}$/.test(known) ? known : newSecret();
  setCookie(res, cookies, cookies.browser, secret, ATTEMPT_SECONDS);
  return secret;
}

/** What is written of a browser in the sign-in log. */
export function browserOf(req: Request): Browser {
  return { ip: req.ip ?? null, userAgent: req.headers["user-agent"]?.slice(0, 300) ?? null };
}
