import type { Request, Response } from "express";
import { parsedAnswer, proofAnswer } from "../directory/accounts/passkeyAnswer.ts";
import { passkeyAsked, signInByPasskey } from "../directory/signIn/passkeySignIn.ts";
import { signInTenant } from "../directory/signIn/signInTenant.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { readCookie } from "../http/cookies.ts";
import { browserOf, browserSecret } from "./browser.ts";
import { enter } from "./enter.ts";
import { explained } from "./faults.ts";
import { readForm } from "./form.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { returnTarget } from "./returnTo.ts";
import { passkeyPage } from "./secondFactorPages.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** `GET /sign-in/passkey`: a passkey alone. */
export async function showPasskey(access: Access, req: Request, res: Response): Promise<void> {
  const place = { tenant: one(req.query, "tenant"), returnTo: await returnTarget(access, one(req.query, "return_to")) };
  await ask(access, req, res, { ...place, status: 200, fault: null });
}

/** `POST /sign-in/passkey`. */
export async function takePasskey(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const place = {
    tenant: form.get("tenant") || undefined,
    returnTo: await returnTarget(access, form.get("return_to")),
  };
  const answer = proofAnswer(parsedAnswer(form.get("credential")));
  const system = { actor: { type: "system" }, now: access.now() } as const;
  const tenant = await signInTenant(access.db, system.now, { reference: place.tenant, email: undefined });
  const secret = readCookie(req, access.cookies.browser) ?? "";
  try {
    const wish = { answer, tenant, browserSecret: secret };
    await enter(access, res, await signInByPasskey(access, system, wish, browserOf(req)), place.returnTo);
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    const told = explained(messagesFor(req.headers["accept-language"]), error.code);
    await ask(access, req, res, { ...place, ...told });
  }
}

interface Asked {
  readonly tenant: string | undefined;
  readonly returnTo: string;
  readonly status: number;
  readonly fault: string | null;
}

async function ask(access: Access, req: Request, res: Response, asked: Asked): Promise<void> {
  const { tenant, returnTo, status, fault } = asked;
  const passkey = await passkeyAsked(access, access.now(), browserSecret(access, req, res));
  const kept = { return_to: returnTo, ...(tenant !== undefined && { tenant }) };
  const form = { action: "/sign-in/passkey", kept, code: false, password: false, passkey, fault };
  const back = `/sign-in?${new URLSearchParams(kept)}`;
  sendPage(res, status, passkeyPage(messagesFor(req.headers["accept-language"]), form, back));
}
