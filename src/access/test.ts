import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { connectionById } from "../directory/connections/connectionsForSignIn.ts";
import { finishTest, openTest } from "../directory/connections/connectionTests.ts";
import { readCookie } from "../http/cookies.ts";
import type { Who } from "../storage/types.ts";
import { begin } from "./begin.ts";
import { browserOf } from "./browser.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { testedPage } from "./pages.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** `GET /sso/test`: the address of a test sends the browser to the identity provider, also of a draft. */
export async function startTest(access: Access, req: Request, res: Response): Promise<void> {
  const connection = await connectionById(access, one(req.query, "c") ?? "");
  if (!connection) throw noTest();
  const who = { tenantId: connection.tenantId, actor: { type: "system" }, now: access.now() } as const;
  const testId = await openTest(access.db, who, connection.id, one(req.query, "t") ?? "", browserOf(req).ip);
  if (testId === undefined) throw noTest();
  await begin(access, req, res, connection, { returnTo: "/", loginHint: undefined, testId });
}

function noTest(): Refusal {
  return new Refusal("not_found", "This test is over, or there is none at this address. Ask for another one.");
}

/** What came of a test, for who made it; the details are the admin's to read. */
export async function showTest(access: Access, req: Request, res: Response, who: Who, handle: string): Promise<void> {
  const { cookies, db } = access;
  const { wouldHappen } = await finishTest(db, who, { handle, browser: readCookie(req, cookies.browser) ?? "" });
  const detail = wouldHappen.result === "refused" ? wouldHappen.detail : null;
  sendPage(res, 200, testedPage(messagesFor(req.headers["accept-language"]), detail));
}
