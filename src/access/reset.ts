import type { Request, Response } from "express";
import { isRefusal } from "../base/errors.ts";
import { askForReset, redeemReset } from "../directory/accounts/passwordReset.ts";
import { signInTenant } from "../directory/signIn/signInTenant.ts";
import { faultOf } from "./faults.ts";
import { readForm } from "./form.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { forgotPage, forgotSentPage, resetDonePage, resetPage } from "./resetPages.ts";
import { securityMessages } from "./securityMessages.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** `GET /sign-in/forgot`. */
export function showForgot(_access: Access, req: Request, res: Response): void {
  const form = { tenant: one(req.query, "tenant") ?? null, email: one(req.query, "email") ?? "", fault: null };
  sendPage(res, 200, forgotPage(messagesOf(req), form));
}

/** `POST /sign-in/forgot`: what follows comes by mail alone. */
export async function takeForgot(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const [email, reference] = [form.get("email").trim(), form.get("tenant") || undefined];
  const messages = messagesOf(req);
  const system = systemOf(access);
  const tenant = await signInTenant(access.db, system.now, { reference, email });
  try {
    await askForReset(access.db, system, { email, tenant }, req.ip ?? null);
    sendPage(res, 202, forgotSentPage(messages, email));
  } catch (error) {
    if (!isRefusal(error, "rate_limited")) throw error;
    const fault = securityMessages(messages).tooManyHour;
    sendPage(res, 429, forgotPage(messages, { tenant: reference ?? null, email, fault }));
  }
}

/** `GET /sign-in/reset`: the page of the mailed link. */
export function showReset(_access: Access, req: Request, res: Response): void {
  sendPage(res, 200, resetPage(messagesOf(req), one(req.query, "token") ?? "", null));
}

/** `POST /sign-in/reset`. */
export async function takeReset(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const given = { token: form.get("token"), password: form.get("password") };
  const messages = messagesOf(req);
  try {
    await redeemReset(access.db, systemOf(access), given, access.secretKeys, req.ip ?? null);
    sendPage(res, 200, resetDonePage(messages));
  } catch (error) {
    const { status, fault } = explained(messages, error);
    sendPage(res, status, resetPage(messages, given.token, fault));
  }
}

/** What a person may know of it; anything else is thrown on. */
function explained(messages: Messages, error: unknown): { status: number; fault: string } {
  const words = securityMessages(messages);
  if (isRefusal(error, "not_found")) return { status: 404, fault: words.resetSpent };
  if (isRefusal(error, "forbidden")) return { status: 403, fault: words.resetSso };
  if (isRefusal(error, "rate_limited")) return { status: 429, fault: words.tooManyHour };
  return { status: 400, fault: faultOf(messages, error) };
}

function systemOf({ now }: Access): { actor: { type: "system" }; now: Date } {
  return { actor: { type: "system" }, now: now() };
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
