import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { passwordSettings } from "../directory/signIn/localSession.ts";
import { parsedAnswer, proofAnswer } from "../directory/accounts/passkeyAnswer.ts";
import type { FactorProof } from "../directory/accounts/secondFactorProof.ts";
import { askedOf, finishStep, type Step, stepOf } from "../directory/signIn/secondFactorStep.ts";
import { signInTenant } from "../directory/signIn/signInTenant.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { clearCookie, readCookie } from "../http/cookies.ts";
import { browserOf } from "./browser.ts";
import { enter } from "./enter.ts";
import { explained } from "./faults.ts";
import { type Form, readForm } from "./form.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { failurePage } from "./pages.ts";
import { returnTarget } from "./returnTo.ts";
import { factorPage } from "./secondFactorPages.ts";
import { securityMessages } from "./securityMessages.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** `GET /sign-in/factor`: the password was right; one more step. */
export async function showFactor(access: Access, req: Request, res: Response): Promise<void> {
  const step = await stepIn(access, req);
  if (!step) return over(req, res);
  await ask(access, req, res, step, {
    status: 200,
    fault: null,
    returnTo: await returnTarget(access, one(req.query, "return_to")),
  });
}

/** `POST /sign-in/factor`. */
export async function takeFactor(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const returnTo = await returnTarget(access, form.get("return_to"));
  const step = await stepIn(access, req);
  if (!step) return over(req, res);
  const now = access.now();
  const tenant = await signInTenant(access.db, now, { reference: step.tenantId, email: undefined });
  if (!tenant) return over(req, res);
  const who = { tenantId: tenant.id, actor: { type: "system" }, now } as const;
  try {
    const settings = await passwordSettings(access.db, tenant);
    const session = await finishStep(access, who, step, proofOf(form), browserOf(req), settings);
    clearCookie(res, access.cookies, access.cookies.step);
    await enter(access, res, session, returnTo);
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    if (error.code === "step_spent" || error.code === "gone") return over(req, res);
    const { status, fault } = explained(messagesFor(req.headers["accept-language"]), error.code);
    await ask(access, req, res, step, { status, fault, returnTo });
  }
}

/** What a form shows: what a passkey answered, else a code. @throws Refusal `invalid_request` */
export function proofOf(form: Form): FactorProof {
  const credential = form.get("credential");
  if (credential !== "") return { passkey: proofAnswer(parsedAnswer(credential)) };
  const code = form.get("code");
  if (code !== "") return { code };
  throw new Refusal("invalid_request", "Send a code, or use a passkey.");
}

async function stepIn({ db, cookies, now }: Access, req: Request): Promise<Step | undefined> {
  const cookie = readCookie(req, cookies.step);
  return cookie === undefined ? undefined : stepOf(db, cookie, now());
}

async function ask(
  access: Access,
  req: Request,
  res: Response,
  step: Step,
  { status, fault, returnTo }: { status: number; fault: string | null; returnTo: string },
): Promise<void> {
  const asked = await askedOf(access, step, access.now());
  const form = { ...asked, password: false, action: "/sign-in/factor", kept: { return_to: returnTo }, fault };
  sendPage(res, status, factorPage(messagesFor(req.headers["accept-language"]), form));
}

function over(req: Request, res: Response): void {
  const messages = messagesFor(req.headers["accept-language"]);
  const text = securityMessages(messages).stepOver;
  sendPage(res, 401, failurePage(messages, { reference: null, retryUrl: "/sso/start", text }));
}
