import type { Request, Response } from "express";
import { isRefusal, type RefusalCode } from "../base/errors.ts";
import { confirmEmail } from "../directory/members/profileEmail.ts";
import { emailChangeMessages, type EmailChangeMessages } from "./emailChangeMessages.ts";
import { emailChangedPage, emailChangePage } from "./emailChangePages.ts";
import { readForm } from "./form.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** `GET /profile/email`: the page of the mailed link. */
export function showEmailChange(_access: Access, req: Request, res: Response): void {
  sendPage(res, 200, emailChangePage(messagesOf(req), one(req.query, "token") ?? "", null));
}

const faults: Readonly<Partial<Record<RefusalCode, readonly [status: number, word: keyof EmailChangeMessages]>>> = {
  not_found: [404, "spent"],
  email_exists: [409, "taken"],
  managed_by_directory: [409, "locked"],
  forbidden: [403, "locked"],
};

/** `POST /profile/email`. */
export async function takeEmailChange(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const token = (await readForm(req, MAX_FORM)).get("token");
  const messages = messagesOf(req);
  try {
    await confirmEmail(access.db, { actor: { type: "system" }, now: access.now() }, token, access.secretKeys);
    sendPage(res, 200, emailChangedPage(messages));
  } catch (error) {
    const [status, word] = (isRefusal(error) && faults[error.code]) || [];
    if (status === undefined || word === undefined) throw error;
    sendPage(res, status, emailChangePage(messages, token, emailChangeMessages(messages)[word]));
  }
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
