import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { freshOwn, proofAsked, proveAgain, provableBy } from "../directory/accounts/freshProof.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import { parsedAnswer } from "../directory/accounts/passkeyAnswer.ts";
import { addPasskey, beginPasskey, namePasskey, removePasskey } from "../directory/accounts/passkeys.ts";
import { changeOwnPassword } from "../directory/accounts/passwordChange.ts";
import {
  confirmTotp,
  type Own,
  removeTotp,
  renewRecoveryCodes,
  type ShownCodes,
} from "../directory/accounts/secondFactorChanges.ts";
import { readSecurity } from "../directory/tenants/securityOverview.ts";
import { completeSettings } from "../directory/tenants/tenantSettings.ts";
import { beginTotp, waitingTotp } from "../directory/accounts/totp.ts";
import { faultOf } from "./faults.ts";
import type { Form } from "./form.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { asMember, ownForm, signedIn } from "./ownForm.ts";
import { proofOf } from "./secondFactor.ts";
import { proofPage } from "./secondFactorPages.ts";
import { securityMessages } from "./securityMessages.ts";
import { codesPage, newPasskeyPage, securityPage, totpPage } from "./securityPages.ts";
import { sendPage } from "./sendPage.ts";

interface Shown {
  readonly status: number;
  readonly fault: string | null;
  readonly done: string | null;
}

const PLAIN: Shown = { status: 200, fault: null, done: null };

/** `GET /security`: how I sign in. */
export async function showSecurity(access: Access, req: Request, res: Response): Promise<void> {
  const own = await ownPage(access, req, res);
  if (own) await overview(access, req, res, own, PLAIN);
}

/** Somebody who is signed in, with a password of their own; others are sent to where they can be. */
async function ownPage(access: Access, req: Request, res: Response): Promise<MemberSession | undefined> {
  const own = await signedIn(access, req);
  if (own && !own.session.mustChangePassword) return own;
  res.redirect(303, own ? "/" : "/sso/start");
  return undefined;
}

async function overview(
  access: Access,
  req: Request,
  res: Response,
  own: MemberSession,
  { status, fault, done }: Shown,
): Promise<void> {
  const security = await readSecurity(access.db, asMember(access, own), own);
  const shown = { csrfToken: own.session.csrfToken, fault, done };
  sendPage(res, status, securityPage(messagesOf(req), security, shown));
}

/** `POST /security/password`: by who knows the present one, which is proof enough. */
export async function takePassword(access: Access, req: Request, res: Response): Promise<void> {
  const { form, own } = await ownForm(access, req);
  const messages = messagesOf(req);
  const { passwordMinLength } = completeSettings(own.tenant.settings, own.tenant.planQuota).signIn;
  const given = { current: form.get("current"), next: form.get("next") };
  try {
    await changeOwnPassword(access.db, asMember(access, own), own.session, given, passwordMinLength);
    await overview(access, req, res, own, { ...PLAIN, done: securityMessages(messages).passwordChanged });
  } catch (error) {
    await overview(access, req, res, own, { status: 400, fault: faultOf(messages, error), done: null });
  }
}

/** `GET /security/proof`: by what I can show again who I am. */
export async function showProof(access: Access, req: Request, res: Response): Promise<void> {
  const own = await ownPage(access, req, res);
  if (own) await askProof(access, req, res, own, { status: 200, fault: null });
}

/** `POST /security/proof`. */
export async function takeProof(access: Access, req: Request, res: Response): Promise<void> {
  const { form, own } = await ownForm(access, req);
  const password = form.get("password");
  try {
    const proof = password === "" ? proofOf(form) : { password };
    await proveAgain(access, asMember(access, own), own, proof, req.ip ?? null);
    res.redirect(303, "/security");
  } catch (error) {
    await askProof(access, req, res, own, { status: 401, fault: faultOf(messagesOf(req), error) });
  }
}

async function askProof(
  access: Access,
  req: Request,
  res: Response,
  own: MemberSession,
  { status, fault }: Omit<Shown, "done">,
): Promise<void> {
  const who = asMember(access, own);
  const provable = await provableBy(access.db, who, own.member.id);
  const passkey = await proofAsked(access, who, own, provable);
  const code = provable.factors.some(({ totp, recoveryCodes }) => totp !== null || recoveryCodes > 0);
  const isFactor = provable.by === "factor";
  const kept = { csrf: own.session.csrfToken };
  const asked = { code: isFactor && code, password: provable.by === "password", passkey: isFactor ? passkey : null };
  sendPage(res, status, proofPage(messagesOf(req), { ...asked, action: "/security/proof", kept, fault }));
}

/** What a form of a change brings, and whose it is. */
interface Change {
  readonly form: Form;
  readonly own: MemberSession & Own;
  readonly who: ReturnType<typeof asMember>;
}

/** Runs a change that needs a fresh proof; who has none is asked for it, what may be told of a refusal is shown. */
async function withProof(
  access: Access,
  req: Request,
  res: Response,
  change: (given: Change) => Promise<ShownCodes | void>,
): Promise<void> {
  const { form, own } = await ownForm(access, req);
  if (own.session.mustChangePassword) return res.redirect(303, "/");
  const who = asMember(access, own);
  const fresh = await freshOwn(access.db, who, own);
  if (!fresh) return res.redirect(303, "/security/proof");
  try {
    const codes = await change({ form, own: { ...own, ...fresh }, who });
    if (codes) sendPage(res, 200, codesPage(messagesOf(req), codes));
    else if (!res.headersSent) res.redirect(303, "/security");
  } catch (error) {
    await overview(access, req, res, own, { status: 400, fault: faultOf(messagesOf(req), error), done: null });
  }
}

/** `POST /security/totp`: a secret for an authenticator app. */
export function beginApp(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, async ({ own }) => {
    const { own: holder } = own.holders;
    const begun = await beginTotp(access.db, holder, labelOf(own), access.secretKeys);
    sendPage(res, 200, totpPage(messagesOf(req), begun, { csrfToken: own.session.csrfToken, fault: null }));
  });
}

/** `POST /security/totp/confirm`: its first code. */
export function confirmApp(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, async ({ form, own, who }) => {
    const { own: holder } = own.holders;
    const waiting = await waitingTotp(access.db, holder, labelOf(own), access.secretKeys);
    try {
      return await confirmTotp(access.db, who, own, form.get("code"), access.secretKeys);
    } catch (error) {
      faultOf(messagesOf(req), error);
      if (!waiting) throw error;
      const fault = securityMessages(messagesOf(req)).appWrong;
      return sendPage(res, 400, totpPage(messagesOf(req), waiting, { csrfToken: own.session.csrfToken, fault }));
    }
  });
}

function labelOf({ tenant, member }: MemberSession): { issuer: string; account: string } {
  return { issuer: tenant.name, account: member.email ?? member.id };
}

/** `POST /security/totp/remove`. */
export function removeApp(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, ({ own, who }) => removeTotp(access.db, who, own));
}

/** `POST /security/recovery-codes`. */
export function renewCodes(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, ({ own, who }) => renewRecoveryCodes(access.db, who, own));
}

/** `GET /security/passkeys/new`. */
export async function showNewPasskey(access: Access, req: Request, res: Response): Promise<void> {
  const own = await ownPage(access, req, res);
  if (!own) return;
  const who = asMember(access, own);
  const fresh = await freshOwn(access.db, who, own);
  if (!fresh) return res.redirect(303, "/security/proof");
  const options = await beginPasskey(access.db, who, fresh, access.publicUrl);
  const shown = { csrfToken: own.session.csrfToken, fault: null, name: "" };
  sendPage(res, 200, newPasskeyPage(messagesOf(req), options, shown));
}

/** `POST /security/passkeys`. */
export function takeNewPasskey(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, ({ form, own, who }) => {
    const given = { name: form.get("name"), credential: parsedAnswer(form.get("credential")) };
    return addPasskey(access.db, who, own, given, access.publicUrl);
  });
}

/** `POST /security/passkeys/rename`. */
export function renamePasskey(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, ({ form, own }) => namePasskey(access.db, own, idOf(form), form.get("name")));
}

/** `POST /security/passkeys/remove`. */
export function dropPasskey(access: Access, req: Request, res: Response): Promise<void> {
  return withProof(access, req, res, ({ form, own, who }) => removePasskey(access.db, who, own, idOf(form)));
}

/** What is no UUID is nobody's id; it never reaches SQL. */
function idOf(form: Form): string {
  const id = form.get("id");
  if (isUuid(id)) return id;
  throw new Refusal("not_found", "There is no such passkey.");
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
