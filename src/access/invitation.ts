/** Accepting an invitation, or joining by a link, in a browser; it is signed in by it. */
import type { Request, Response } from "express";
import { isRefusal, Refusal } from "../base/errors.ts";
import { hashToken } from "../base/secrets.ts";
import { connectionById, connectionsOf } from "../directory/connections/connectionsForSignIn.ts";
import { acceptInvitation, minimum, openInvitation, type OpenInvitation } from "../directory/invitations/accept.ts";
import { acceptLink, openLink } from "../directory/invitations/linkJoining.ts";
import { currentRules } from "../directory/roles/rules.ts";
import { passwordSettings } from "../directory/signIn/localSession.ts";
import { signInByPassword } from "../directory/signIn/passwordSignIn.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import type { Tenant } from "../directory/tenants/tenant.ts";
import { languageFor } from "../mail/language.ts";
import { begin } from "./begin.ts";
import { browserOf } from "./browser.ts";
import { proceed } from "./enter.ts";
import { explained } from "./faults.ts";
import { type Form, readForm } from "./form.ts";
import { type InvitationMessages, invitationMessages } from "./invitationMessages.ts";
import { acceptedPage, type Offer, offerPage, spentInvitationPage, tokenPage } from "./invitationPages.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { returnTarget } from "./returnTo.ts";
import { securityMessages } from "./securityMessages.ts";
import { sendPage } from "./sendPage.ts";
import { sentPage } from "./signUpPages.ts";
import { one } from "./start.ts";

/** `GET /invitation#<token>`: nothing comes of looking. */
export async function showInvitation(access: Access, req: Request, res: Response): Promise<void> {
  sendPage(res, 200, tokenPage(messagesOf(req), await returnTarget(access, one(req.query, "return_to"))));
}

/** `POST /invitation`: what the token opens. */
export async function openToken(access: Access, req: Request, res: Response): Promise<void> {
  const asked = await askedOf(access, req);
  await unlessSpent(req, res, async () => sendPage(res, 200, offerPage(messagesOf(req), await offerOf(access, asked))));
}

/** `POST /invitation/connection`: accepts on the way through the tenant's identity provider. */
export async function takeConnection(access: Access, req: Request, res: Response): Promise<void> {
  const { form, token, returnTo } = await askedOf(access, req);
  await unlessSpent(req, res, async () => {
    const { tenant, email } = await opened(access, token);
    const connection = await connectionById(access, form.once("connection"));
    if (connection?.status !== "enabled" || connection.tenantId !== tenant.id) {
      throw new Refusal("not_found", "There is no such way to sign in. Open the link again.");
    }
    const wanted = { returnTo, loginHint: email ?? undefined, invitationHash: hashToken(token) };
    await begin(access, req, res, connection, wanted);
  });
}

/** `POST /invitation/accept`: accepts with a password, and signs in with it. */
export async function takeInvitation(access: Access, req: Request, res: Response): Promise<void> {
  const asked = await askedOf(access, req);
  await unlessSpent(req, res, async () => {
    try {
      await accept(access, req, res, asked);
    } catch (error) {
      const offer = await offerOf(access, asked);
      const { status, fault, asksCode = false } = told(messagesOf(req), error, offer);
      sendPage(res, status, offerPage(messagesOf(req), { ...offer, fault, asksCode: asksCode || offer.asksCode }));
    }
  });
}

/** What a form of ours brings. */
interface Asked {
  readonly form: Form;
  readonly token: string;
  readonly returnTo: string;
}

async function askedOf(access: Access, req: Request): Promise<Asked> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const pasted = form.get("token").trim();
  const returnTo = await returnTarget(access, form.optional("return_to"));
  return { form, returnTo, token: pasted.slice(pasted.indexOf("#") + 1) };
}

/** Past a token that opens nothing there is one page for everybody. */
async function unlessSpent(req: Request, res: Response, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRefusal(error, "invitation_expired")) throw error;
    sendPage(res, 410, spentInvitationPage(messagesOf(req)));
  }
}

interface Opened extends Pick<OpenInvitation, "tenant" | "roles" | "named" | "byPassword"> {
  /** Null for a link, which knows nobody. */
  readonly email: string | null;
}

/** @throws Refusal `invitation_expired` */
async function opened({ db, now }: Access, token: string): Promise<Opened> {
  if (!isLink(token)) return openInvitation(db, token, now());
  const { link, tenant } = await openLink(db, token, now());
  const { enforcement } = await passwordSettings(db, tenant);
  const byPassword = enforcement.ssoRequired !== "everyone";
  return { tenant, email: null, roles: [link.role], named: false, byPassword };
}

function isLink(token: string): boolean {
  return token.startsWith("usj_");
}

async function offerOf(access: Access, { form, token, returnTo }: Asked): Promise<Offer> {
  const { tenant, email, roles, named, byPassword } = await opened(access, token);
  const { rules } = await currentRules(access.db, tenant.id);
  return {
    token,
    returnTo,
    tenant: tenant.name,
    email,
    roles: roles.flatMap((slug) => rules.roles.get(slug)?.name ?? []),
    ways: await connectionsOf(access.db, tenant.id),
    byPassword,
    minLength: minimum(tenant),
    named,
    typed: { email: form.optional("email"), ...nameIn(form) },
    asksCode: form.optional("code") !== "",
    fault: null,
  };
}

function nameIn(form: Form): { givenName: string; familyName: string } {
  return { givenName: form.optional("givenName").trim(), familyName: form.optional("familyName").trim() };
}

async function accept(access: Access, req: Request, res: Response, { form, token, returnTo }: Asked): Promise<void> {
  const [name, password, code] = [nameIn(form), form.get("password"), form.optional("code").trim()];
  checkFit([name.givenName, name.familyName], MOST_NAME);
  checkFit([password], MOST_PASSWORD);
  const given = { token, password, name, ...(code !== "" && { code }) };
  const joined = await (isLink(token) ? byLink(access, req, form, given) : byInvitation(access, req, given));
  if (joined === null) return sendPage(res, 202, sentPage(messagesOf(req), form.get("email").trim()));
  await signIn(access, req, res, { ...joined, password, returnTo });
}

interface Given {
  readonly token: string;
  readonly password: string;
  readonly name: { readonly givenName: string; readonly familyName: string };
  readonly code?: string;
}

interface Joined {
  readonly tenant: Tenant;
  readonly email: string;
}

async function byInvitation(access: Access, req: Request, { name, ...given }: Given): Promise<Joined> {
  const called = nonEmpty(name);
  const acceptance = { ...given, ...(Object.keys(called).length > 0 && { name: called }) };
  const { tenant, member } = await acceptInvitation(access, systemOf(access), acceptance, req.ip ?? null);
  return { tenant, email: member.email ?? "" };
}

/** @returns null where a mail proves the mailbox first */
async function byLink(access: Access, req: Request, form: Form, given: Given): Promise<Joined | null> {
  const email = form.get("email").trim();
  if (Object.values(given.name).includes("")) throw new Refusal("invalid_request", "no name");
  const language = languageFor(messagesOf(req).language);
  const { tenant, joined } = await acceptLink(access, systemOf(access), { ...given, email, language }, req.ip ?? null);
  return joined === null ? null : { tenant, email };
}

function systemOf({ now }: Access): { readonly actor: { readonly type: "system" }; readonly now: Date } {
  return { actor: { type: "system" }, now: now() };
}

/** As the schemas of the API have it. */
const MOST_NAME = 100;
const MOST_PASSWORD = 256;

function checkFit(values: readonly string[], most: number): void {
  if (values.every((value) => value.length <= most && !/\p{Cc}/u.test(value))) return;
  throw new Refusal("invalid_request", "too long, or of several lines");
}

function nonEmpty(name: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(name).filter(([, part]) => part !== ""));
}

/** With the password that was just right; where there is more to show, or it opens nothing, by the usual page. */
async function signIn(
  access: Access,
  req: Request,
  res: Response,
  { tenant, email, password, returnTo }: { tenant: Tenant; email: string; password: string; returnTo: string },
): Promise<void> {
  const who = { tenantId: tenant.id, actor: { type: "system" }, now: access.now() } as const;
  try {
    const settings = await passwordSettings(access.db, tenant);
    const signed = await signInByPassword(access.db, who, { email, password }, browserOf(req), settings);
    await proceed(access, res, signed, returnTo);
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    sendPage(res, 200, acceptedPage(messagesOf(req), tenant));
  }
}

/** What a person may know of it; anything else is thrown on, a token that is spent by now too. */
function told(
  messages: Messages,
  error: unknown,
  { minLength, tenant }: Offer,
): { status: number; fault: string; asksCode?: boolean } {
  const words = invitationMessages(messages);
  if (error instanceof SignInStopped) {
    if (error.code === "factor_needed") return { status: 401, fault: words.needsCode, asksCode: true };
    if (error.code === "password_wrong") return { status: 401, fault: words.wrongPassword };
    return { ...explained(messages, error.code), asksCode: error.code === "factor_wrong" };
  }
  if (!(error instanceof Refusal)) throw error;
  if (error.code === "seat_limit_reached") return { status: 409, fault: words.full(contactOf(error)) };
  if (error.code === "email_exists" || error.code === "conflict") return { status: 409, fault: words.known };
  if (error.code === "forbidden") return { status: 403, fault: forbiddenIn(words, error, tenant) };
  if (error.code === "rate_limited") return { status: 429, fault: securityMessages(messages).tooManyHour };
  if (error.code !== "invalid_request") throw error;
  return { status: 400, fault: `${words.unfit} ${words.passwordHint(minLength)}` };
}

function forbiddenIn(words: InvitationMessages, { extra }: Refusal, tenant: string): string {
  const { allowedDomains } = extra as { allowedDomains?: readonly string[] };
  return allowedDomains ? words.notForYou(allowedDomains.join(", ")) : words.ssoOnly(tenant);
}

function contactOf({ extra }: Refusal): string | null {
  const { name, email } = (extra["contact"] ?? {}) as { name?: string | null; email?: string | null };
  const whom = [name, email && `<${email}>`].filter(Boolean).join(" ");
  return whom === "" ? null : whom;
}

function messagesOf(req: Request): Messages {
  return messagesFor(req.headers["accept-language"]);
}
