import type { Request, Response } from "express";
import { isRefusal, type RefusalCode } from "../base/errors.ts";
import { confirmAndJoin, workspaceUrl } from "../directory/domains/autoJoin.ts";
import { signUp } from "../directory/domains/registrations.ts";
import { languageFor } from "../mail/language.ts";
import { readForm } from "./form.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { sendPage } from "./sendPage.ts";
import { signUpMessages, type SignUpMessages } from "./signUpMessages.ts";
import { confirmedPage, confirmPage, sentPage, signUpPage } from "./signUpPages.ts";
import { one } from "./start.ts";

/** `GET /sign-up`. */
export function showSignUp(_access: Access, req: Request, res: Response): void {
  const email = one(req.query, "email") ?? "";
  sendPage(res, 200, signUpPage(messagesOf(req), { email, givenName: "", familyName: "", fault: null }));
}

/** `POST /sign-up`. */
export async function takeSignUp(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const given = await readForm(req, MAX_FORM);
  const [email, password] = [given.get("email"), given.get("password")];
  const name = { givenName: given.get("givenName").trim(), familyName: given.get("familyName").trim() };
  const messages = messagesOf(req);
  const again = (status: number, fault: string): void =>
    sendPage(res, status, signUpPage(messages, { email, ...name, fault }));
  const isFit = [...Object.values(name), password].every((each) => each !== "" && each.length <= MOST_CHARACTERS);
  if (!isFit) return again(400, signUpMessages(messages).unfit);
  try {
    const wanted = { email, password, name, language: languageFor(messages.language) };
    const { email: address } = await signUp(access.db, system(access), wanted, req.ip ?? null);
    sendPage(res, 202, sentPage(messages, address));
  } catch (error) {
    const { status, fault } = explained(messages, error);
    again(status, fault);
  }
}

/** As the schema of the API has it. */
const MOST_CHARACTERS = 256;

/** `GET /sign-up/confirm`: the page of the mailed link. */
export function showConfirm(_access: Access, req: Request, res: Response): void {
  sendPage(res, 200, confirmPage(messagesOf(req), one(req.query, "token") ?? "", null));
}

/** `POST /sign-up/confirm`. */
export async function takeConfirm(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const given = await readForm(req, MAX_FORM);
  const [token, password] = [given.get("token"), given.get("password")];
  const messages = messagesOf(req);
  try {
    const done = await confirmAndJoin(access.db, system(access), { token, password }, access.secretKeys);
    const shown = done.workspaces.map((each) => ({ ...each, url: workspaceUrl(access.publicUrl, each, done.account) }));
    sendPage(res, 201, confirmedPage(messages, shown));
  } catch (error) {
    const { status, fault } = explained(messages, error);
    sendPage(res, status, confirmPage(messages, token, fault));
  }
}

const faults: Readonly<Partial<Record<RefusalCode, readonly [status: number, word: keyof SignUpMessages]>>> = {
  invalid_request: [400, "unfit"],
  unauthenticated: [401, "wrongPassword"],
  forbidden: [403, "signInThere"],
  not_found: [404, "spent"],
  conflict: [409, "known"],
  rate_limited: [429, "tooMany"],
};

/** What a person may know of it; anything else is thrown on. */
function explained(messages: Messages, error: unknown): { status: number; fault: string } {
  const [status, word] = (isRefusal(error) && faults[error.code]) || [];
  const fault = word && signUpMessages(messages)[word];
  if (status === undefined || typeof fault !== "string") throw error;
  return { status, fault };
}

function system({ now }: Access): { actor: { type: "system" }; now: Date } {
  return { actor: { type: "system" }, now: now() };
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
