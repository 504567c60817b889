import type { Request, Response } from "express";
import { isRefusal } from "../base/errors.ts";
import { attachOwn, detachOwn, ownAccount } from "../directory/accounts/accountAttach.ts";
import { isFree, type MemberSession } from "../directory/signIn/memberSession.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { accountMessages } from "./accountMessages.ts";
import { accountPage } from "./accountPages.ts";
import { explained } from "./faults.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { asMember, ownForm, signedIn } from "./ownForm.ts";
import { sendPage } from "./sendPage.ts";

/** `GET /account`: which account is connected, and where else it leads. */
export async function showAccount(access: Access, req: Request, res: Response): Promise<void> {
  const own = await signedIn(access, req);
  if (!own) return res.redirect(303, "/sso/start?return_to=/account");
  if (!isFree(own)) return res.redirect(303, "/");
  await show(access, req, res, own, { status: 200, email: "", fault: null });
}

/** `POST /account`: connects one, by its password. */
export async function takeAccount(access: Access, req: Request, res: Response): Promise<void> {
  const { form, own } = await ownForm(access, req);
  if (!isFree(own)) return res.redirect(303, "/");
  const [email, code] = [form.get("email"), form.optional("code").trim()];
  const proof = { email, password: form.get("password"), ...(code !== "" && { code }) };
  try {
    await attachOwn(access, asMember(access, own), own, proof, req.ip ?? null);
    res.redirect(303, "/account");
  } catch (error) {
    await show(access, req, res, own, { ...faultOf(messagesOf(req), error, "taken"), email });
  }
}

/** `POST /account/detach`. */
export async function detachAccount(access: Access, req: Request, res: Response): Promise<void> {
  const { own } = await ownForm(access, req);
  if (!isFree(own)) return res.redirect(303, "/");
  try {
    await detachOwn(access.db, asMember(access, own), own);
    res.redirect(303, "/account");
  } catch (error) {
    // Done already, as was wanted.
    if (isRefusal(error, "not_found")) return res.redirect(303, "/account");
    await show(access, req, res, own, { ...faultOf(messagesOf(req), error, "onlyWay"), email: "" });
  }
}

interface Shown {
  readonly status: number;
  readonly email: string;
  readonly fault: string | null;
}

async function show(access: Access, req: Request, res: Response, own: MemberSession, shown: Shown): Promise<void> {
  const account = await ownAccount(access.db, asMember(access, own), own);
  const { status, email, fault } = shown;
  const { csrfToken, tenantId } = own.session;
  sendPage(res, status, accountPage(messagesOf(req), { account, tenantId, csrfToken, email, fault }));
}

/** @param conflict what a refusal means here; anything that nobody may know is thrown on */
function faultOf(messages: Messages, error: unknown, conflict: "taken" | "onlyWay"): { status: number; fault: string } {
  const words = accountMessages(messages);
  if (isRefusal(error, "conflict")) return { status: 409, fault: words[conflict] };
  if (!(error instanceof SignInStopped)) throw error;
  return error.code === "factor_needed" ? { status: 401, fault: words.needsCode } : explained(messages, error.code);
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
