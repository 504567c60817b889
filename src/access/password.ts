import type { Request, Response } from "express";
import { displayNameOf } from "../directory/members/member.ts";
import { knownBrowser } from "../directory/signIn/knownBrowser.ts";
import { passwordSettings } from "../directory/signIn/localSession.ts";
import { changeOwnPassword } from "../directory/accounts/passwordChange.ts";
import { forgiveTry } from "../directory/accounts/accountSignIn.ts";
import { type PasswordCredentials, type PasswordSignIn, signInByPassword } from "../directory/signIn/passwordSignIn.ts";
import { verifyPassword } from "../directory/accounts/passwords.ts";
import { signInTenant } from "../directory/signIn/signInTenant.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import type { Tenant } from "../directory/tenants/tenant.ts";
import { completeSettings } from "../directory/tenants/tenantSettings.ts";
import { clearCookie, readCookie } from "../http/cookies.ts";
import { browserOf } from "./browser.ts";
import { signInByAccount } from "./chooser.ts";
import { signOutHere } from "./endSession.ts";
import { proceed } from "./enter.ts";
import { explained, faultOf } from "./faults.ts";
import { readForm } from "./form.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { asMember, checkOrigin, MAX_FORM, ownForm, signedIn } from "./ownForm.ts";
import { addressPage, changePasswordPage, homePage, passwordPage, type SignInForm } from "./pages.ts";
import { returnTarget } from "./returnTo.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** `GET /sign-in`: the form for a password. */
export async function showSignIn(access: Access, req: Request, res: Response): Promise<void> {
  const reference = one(req.query, "tenant");
  const tenant = await signInTenant(access.db, access.now(), { reference, email: undefined });
  const returnTo = await returnTarget(access, one(req.query, "return_to"));
  const email = one(req.query, "email") ?? "";
  const form = formAt(tenant, email, returnTo);
  const messages = messagesOf(req);
  sendPage(res, 200, tenant ? passwordPage(messages, form) : addressPage(messages, form));
}

/** `POST /sign-in`. */
export async function signIn(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const given = await readForm(req, MAX_FORM);
  const email = given.get("email");
  const returnTo = await returnTarget(access, given.get("return_to"));
  const now = access.now();
  const reference = given.get("tenant") || undefined;
  const tenant = await signInTenant(access.db, now, { reference, email });
  const messages = messagesOf(req);
  const credentials = { email, password: given.get("password") };
  try {
    // Who names no organisation may have an account that opens several.
    if (reference === undefined && (await signInByAccount(access, req, res, credentials, returnTo))) return;
    const signed = await signInAt(access, req, tenant, credentials);
    if (reference === undefined) await forgiveTry(access.db, { actor: { type: "system" }, now }, email, req.ip ?? null);
    await proceed(access, res, signed, returnTo);
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    const { status, fault } = explained(messages, error.code);
    // Not where the address led to it: an address that nobody has is answered alike.
    const named = reference === undefined ? undefined : tenant;
    sendPage(res, status, passwordPage(messages, { ...formAt(named, email, returnTo), fault }));
  }
}

function formAt(tenant: Tenant | undefined, email: string, returnTo: string): SignInForm {
  return { tenant: tenant?.slug ?? null, tenantName: tenant?.name ?? null, email, returnTo, fault: null };
}

/** By the member's password in a tenant; where there is none, that is no sooner said than of a wrong one. */
async function signInAt(
  access: Access,
  req: Request,
  tenant: Tenant | undefined,
  credentials: PasswordCredentials,
): Promise<PasswordSignIn> {
  if (!tenant) {
    await verifyPassword(null, credentials.password);
    throw new SignInStopped("password_wrong", "the address or the password is wrong");
  }
  const who = { tenantId: tenant.id, actor: { type: "system" }, now: access.now() } as const;
  const settings = await passwordSettings(access.db, tenant);
  const known = knownBrowser(access.secretKeys, readCookie(req, access.cookies.known));
  return signInByPassword(access.db, who, { ...credentials, known }, browserOf(req), settings);
}

/** `GET /`: who is signed in; the form for who is not. */
export async function home(access: Access, req: Request, res: Response): Promise<void> {
  const found = await signedIn(access, req);
  if (!found) return res.redirect(303, "/sso/start");
  const messages = messagesOf(req);
  const { member, tenant, session } = found;
  const { csrfToken } = session;
  if (session.mustChangePassword) return sendPage(res, 200, changePasswordPage(messages, csrfToken, null));
  if (session.mustAddFactor) return res.redirect(303, "/security");
  if (resumePending(access, req, res)) return;
  const shown = {
    name: displayNameOf(member.scim),
    tenantName: tenant.name,
    roles: member.roles,
    seat: member.seat,
    csrfToken,
  };
  sendPage(res, 200, homePage(messages, shown));
}

/** An application waited for a password of one's own, or for a second factor: on to it, once. */
function resumePending({ cookies }: Access, req: Request, res: Response): boolean {
  const path = readCookie(req, cookies.pending);
  if (path === undefined) return false;
  clearCookie(res, cookies, cookies.pending);
  if (!/^\/oidc\/interaction\/[\w-]{1,100}$/.test(path)) return false;
  res.redirect(303, path);
  return true;
}

/** `POST /sign-in/password`: one's own password in place of the one that somebody else chose. */
export async function changePassword(access: Access, req: Request, res: Response): Promise<void> {
  const { form, own } = await ownForm(access, req);
  const { session, tenant } = own;
  const { passwordMinLength } = completeSettings(tenant.settings, tenant.planQuota).signIn;
  const given = { current: form.get("current"), next: form.get("next") };
  try {
    await changeOwnPassword(access.db, asMember(access, own), session, given, passwordMinLength);
    res.redirect(303, "/");
  } catch (error) {
    const fault = faultOf(messagesOf(req), error);
    sendPage(res, 400, changePasswordPage(messagesOf(req), session.csrfToken, fault));
  }
}

/** `POST /sign-out`. */
export async function signOut(access: Access, req: Request, res: Response): Promise<void> {
  await signOutHere(access, req, res, (await ownForm(access, req)).own);
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
