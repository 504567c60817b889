import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { sameSecret } from "../base/secrets.ts";
import { memberSessionOf, type MemberSession } from "../directory/memberSession.ts";
import { displayNameOf } from "../directory/member.ts";
import { changeOwnPassword, passwordSettings, signInByPassword } from "../directory/passwordSignIn.ts";
import { closeSession } from "../directory/sessions.ts";
import { signInTenant } from "../directory/signInTenant.ts";
import { SignInStopped } from "../directory/ssoSignIn.ts";
import { completeSettings } from "../directory/tenantSettings.ts";
import { clearCookie, readCookie, setCookie } from "../http/cookies.ts";
import { browserOf } from "./browser.ts";
import { providerSignOut } from "./endSession.ts";
import { readForm } from "./form.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { addressPage, changePasswordPage, homePage, passwordPage, type SignInForm } from "./pages.ts";
import { returnPath } from "./returnTo.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** Bytes of a sign-in form. */
export const MAX_FORM = 16_384;

/** `GET /sign-in`: the form for a password. */
export async function showSignIn(access: Access, req: Request, res: Response): Promise<void> {
  const reference = one(req.query, "tenant");
  const tenant = await signInTenant(access.db, access.now(), { reference, email: undefined });
  const returnTo = returnPath(one(req.query, "return_to"));
  const email = one(req.query, "email") ?? "";
  const form = { tenant: tenant?.slug ?? null, tenantName: tenant?.name ?? null, email, returnTo, fault: null };
  const messages = messagesOf(req);
  sendPage(res, 200, tenant ? passwordPage(messages, form) : addressPage(messages, form));
}

/** `POST /sign-in`. */
export async function signIn(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const given = await readForm(req, MAX_FORM);
  const email = given.get("email");
  const returnTo = returnPath(given.get("return_to"));
  const now = access.now();
  const reference = given.get("tenant") || undefined;
  const tenant = await signInTenant(access.db, now, { reference, email });
  const form: SignInForm = {
    // Not where the address led to it: an address that nobody has is answered alike.
    tenant: reference === undefined ? null : (tenant?.slug ?? null),
    tenantName: reference === undefined ? null : (tenant?.name ?? null),
    email,
    returnTo,
    fault: null,
  };
  const messages = messagesOf(req);
  if (!tenant) return sendPage(res, 401, passwordPage(messages, { ...form, fault: messages.wrong }));
  const who = { tenantId: tenant.id, actor: { type: "system" }, now } as const;
  try {
    const settings = await passwordSettings(access.db, tenant);
    const password = given.get("password");
    const session = await signInByPassword(access.db, who, { email, password }, browserOf(req), settings);
    const seconds = Math.floor((session.expiresAt.getTime() - now.getTime()) / 1000);
    setCookie(res, access.cookies, access.cookies.session, session.cookie, seconds);
    res.redirect(303, returnTo);
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    const { status, fault } = explained(messages, error.code);
    sendPage(res, status, passwordPage(messages, { ...form, fault }));
  }
}

function explained(messages: Messages, code: string): { status: number; fault: string } {
  if (code === "too_many_attempts") return { status: 429, fault: messages.tooMany };
  if (code === "sso_required") return { status: 403, fault: messages.ssoRequired };
  if (code === "suspended" || code === "invited") return { status: 403, fault: messages.inactive };
  return { status: 401, fault: messages.wrong };
}

/** `GET /`: who is signed in; the form for who is not. */
export async function home(access: Access, req: Request, res: Response): Promise<void> {
  const found = await signedIn(access, req);
  if (!found) return res.redirect(303, "/sso/start");
  const messages = messagesOf(req);
  const { member, tenant, session } = found;
  const { csrfToken } = session;
  if (session.mustChangePassword) return sendPage(res, 200, changePasswordPage(messages, csrfToken, null));
  const shown = {
    name: displayNameOf(member.scim),
    tenantName: tenant.name,
    roles: member.roles,
    seat: member.seat,
    csrfToken,
  };
  sendPage(res, 200, homePage(messages, shown));
}

/** `POST /sign-in/password`: one's own password in place of the one that somebody else chose. */
export async function changePassword(access: Access, req: Request, res: Response): Promise<void> {
  const form = await readForm(req, MAX_FORM);
  const { session, tenant, member } = await ownForm(access, req, form.get("csrf"));
  const who = { tenantId: tenant.id, actor: { type: "member", id: member.id }, now: access.now() } as const;
  const { passwordMinLength } = completeSettings(tenant.settings, tenant.planQuota).signIn;
  const given = { current: form.get("current"), next: form.get("next") };
  try {
    await changeOwnPassword(access.db, who, session, given, passwordMinLength);
    res.redirect(303, "/");
  } catch (error) {
    const fault = faultOf(messagesOf(req), error);
    sendPage(res, 400, changePasswordPage(messagesOf(req), session.csrfToken, fault));
  }
}

/** What a person may know of it; anything else is thrown on. */
function faultOf(messages: Messages, error: unknown): string {
  if (error instanceof SignInStopped) return explained(messages, error.code).fault;
  if (error instanceof Refusal && error.code === "invalid_request") return error.message;
  throw error;
}

/** `POST /sign-out`. */
export async function signOut(access: Access, req: Request, res: Response): Promise<void> {
  const form = await readForm(req, MAX_FORM);
  const { session, tenant, member } = await ownForm(access, req, form.get("csrf"));
  const who = { tenantId: tenant.id, actor: { type: "member", id: member.id }, now: access.now() } as const;
  await closeSession(access.db, who, session.id, member.id);
  clearCookie(res, access.cookies, access.cookies.session);
  res.redirect(303, (await providerSignOut(access, session)) ?? "/sso/start");
}

async function signedIn({ db, cookies, now }: Access, req: Request): Promise<MemberSession | undefined> {
  const cookie = readCookie(req, cookies.session);
  return cookie === undefined ? undefined : memberSessionOf(db, cookie, now());
}

/** The session of a form that one of our own pages made. @throws Refusal `unauthenticated`, `forbidden` */
async function ownForm(access: Access, req: Request, csrf: string): Promise<MemberSession> {
  const found = await signedIn(access, req);
  if (!found) throw new Refusal("unauthenticated", "The session has ended. Sign in again.");
  if (!sameSecret(csrf, found.session.csrfToken)) throw new Refusal("forbidden", "Send the form from our own page.");
  return found;
}

/** Nobody signs a browser in from another site (login CSRF): browsers say where a form comes from (Fetch, "Origin"). */
export function checkOrigin({ publicUrl }: Access, req: Request): void {
  const { origin } = req.headers;
  if (origin === undefined || origin === publicUrl) return;
  throw new Refusal("forbidden", "Sign in from this server's own page.");
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
