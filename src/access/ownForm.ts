import type { Request } from "express";
import { Refusal } from "../base/errors.ts";
import { sameSecret } from "../base/secrets.ts";
import { memberSessionOf, type MemberSession } from "../directory/signIn/memberSession.ts";
import { readCookie } from "../http/cookies.ts";
import type { Who } from "../storage/types.ts";
import { type Form, readForm } from "./form.ts";
import type { Access } from "./options.ts";

/** Bytes of a form that a person fills in, what a browser adds for a passkey included. */
export const MAX_FORM = 32_768;

/** Whose browser it is; undefined where nobody is signed in. */
export async function signedIn({ db, cookies, now }: Access, req: Request): Promise<MemberSession | undefined> {
  const cookie = readCookie(req, cookies.session);
  return cookie === undefined ? undefined : memberSessionOf(db, cookie, now());
}

/** A form that one of our own pages made for a session. @throws Refusal `unauthenticated`, `forbidden` */
export async function ownForm(access: Access, req: Request): Promise<{ form: Form; own: MemberSession }> {
  const form = await readForm(req, MAX_FORM);
  const own = await signedIn(access, req);
  if (!own) throw new Refusal("unauthenticated", "The session has ended. Sign in again.");
  if (!sameSecret(form.get("csrf"), own.session.csrfToken)) {
    throw new Refusal("forbidden", "Send the form from our own page.");
  }
  return { form, own };
}

/** The member of a session as who acts. */
export function asMember({ now }: Access, { tenant, member }: MemberSession): Who {
  return { tenantId: tenant.id, actor: { type: "member", id: member.id }, now: now() };
}

/** Nobody signs a browser in from another site (login CSRF): browsers say where a form comes from (Fetch, "Origin"). */
export function checkOrigin({ publicUrl }: Access, req: Request): void {
  const { origin } = req.headers;
  if (origin === undefined || origin === publicUrl) return;
  throw new Refusal("forbidden", "Sign in from this server's own page.");
}
