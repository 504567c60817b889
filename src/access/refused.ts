import type { Request, Response } from "express";
import { senderOf } from "../base/sender.ts";
import type { SignInConnection } from "../directory/connections/connectionsForSignIn.ts";
import { recordRefusal } from "../directory/signIn/signInAttempts.ts";
import { readContact } from "../directory/tenants/contact.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import type { SignInRefused } from "../sso/types.ts";
import type { Who } from "../storage/types.ts";
import { browserOf } from "./browser.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { failurePage, type ShownFailure } from "./pages.ts";
import { sendPage } from "./sendPage.ts";

/** A sign-in that goes nowhere. */
export interface Refused {
  readonly connection: SignInConnection;
  readonly who: Who;
  readonly error: SignInRefused | SignInStopped;
}

/**
 * A line of the sign-in log for the admin, and a page with its reference for the person.
 *
 * @throws Refusal `rate_limited`: whoever sends rubbish fills no log
 */
export async function refuse(
  access: Access,
  req: Request,
  res: Response,
  { connection, who, error }: Refused,
): Promise<void> {
  await access.countRefusal(senderOf(req.ip));
  const { memberId, arrived } = error instanceof SignInStopped ? error : { memberId: null, arrived: null };
  const { id: connectionId, protocol: method } = connection;
  const line = { connectionId, memberId, method, reason: error.code, detail: error.message.slice(0, 500), arrived };
  const reference = await recordRefusal(access.db, who, line, browserOf(req));
  access.log.info({ reference, connection: connectionId, reason: error.code }, "sign-in refused");
  const retryUrl = connection.status === "enabled" ? `/sso/start?connection=${connectionId}` : null;
  // The one refusal that is nobody's mistake, and that no second try mends.
  const text = error.code === "seat_limit_reached" ? await askForSeat(access, req, who) : undefined;
  fail(req, res, { reference, retryUrl, ...(text !== undefined && { text }) });
}

/** Rule 9: it names whom to ask. */
async function askForSeat({ db }: Access, req: Request, who: Who): Promise<string> {
  const { name } = await readContact(db, who);
  return messagesFor(req.headers["accept-language"]).seatsFull(name);
}

/** The page alone. */
export function fail(req: Request, res: Response, shown: ShownFailure): void {
  sendPage(res, 403, failurePage(messagesFor(req.headers["accept-language"]), shown));
}
