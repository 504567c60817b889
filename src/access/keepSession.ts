import type { Request, Response } from "express";
import { endReplaced, type OpenedSession } from "../directory/signIn/sessions.ts";
import { readCookie, setCookie } from "../http/cookies.ts";
import type { Access } from "./options.ts";

/** Gives a session to the browser, in place of the one that it had: that one ends, and its cookie opens nothing (T17). */
export async function keepSession(access: Access, req: Request, res: Response, opened: OpenedSession): Promise<void> {
  const { db, cookies } = access;
  const now = access.now();
  const replaced = readCookie(req, cookies.session);
  const seconds = Math.floor((opened.expiresAt.getTime() - now.getTime()) / 1000);
  setCookie(res, cookies, cookies.session, opened.cookie, seconds);
  if (replaced !== undefined) await endReplaced(db, replaced, opened, now);
}
