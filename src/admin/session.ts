/** Who am I: sign in by password, look, sign out. Sign-in by an identity provider begins at `/sso/start`. */
import { findSignInTenant } from "../directory/signIn/signInTenant.ts";
import { memberSessionOf, type MemberSession } from "../directory/signIn/memberSession.ts";
import { memberView } from "../directory/members/memberView.ts";
import { passwordSettings, type PasswordSettings } from "../directory/signIn/localSession.ts";
import { forgiveTry } from "../directory/accounts/accountSignIn.ts";
import { signInByPassword } from "../directory/signIn/passwordSignIn.ts";
import { finishStep, stepOf } from "../directory/signIn/secondFactorStep.ts";
import { currentRules } from "../directory/roles/rules.ts";
import { closeSession, endReplaced, type OpenedSession } from "../directory/signIn/sessions.ts";
import { Refusal } from "../base/errors.ts";
import { cookiesFor, cookieText } from "../http/cookies.ts";
import type { Who } from "../storage/types.ts";
import type { Answer, Call, Resource } from "./route.ts";
import { signInByAccount } from "./signInByAccount.ts";
import { stopped } from "./stopped.ts";
import { arrayOf, boolean, id, instant, json, nothing, object, record, ref, text } from "./schemas.ts";

const signInBody = object(
  {
    email: { type: "string", minLength: 1, maxLength: 320 },
    password: { type: "string", minLength: 1, maxLength: 1024 },
    code: {
      type: "string",
      minLength: 6,
      maxLength: 40,
      description: "Of the authenticator app, or a recovery code: after 401 `second_factor_required`.",
    },
    tenant: {
      ...text,
      description: "Slug or id; if absent, the one that the account opens, else by the address's verified domain.",
    },
  },
  ["email", "password"],
);

export const session: Resource = {
  tag: "Session",
  description: "The session of a member in a browser: a cookie, and a token against forged requests.",
  schemas: {
    Session: record({
      member: ref("Member"),
      tenant: record({ id, slug: text, name: text }),
      roles: arrayOf(text),
      permissions: arrayOf(text),
      seat: { type: "string", enum: ["held", "waiting", "none"] },
      authMethod: { type: "string", enum: ["saml", "oidc", "password", "passkey"] },
      mustChangePassword: { ...boolean, description: "Until then nothing else is permitted." },
      mustAddFactor: {
        ...boolean,
        description: "Whether a second factor must be added, and nothing else is permitted.",
      },
      expiresAt: instant,
      csrfToken: { ...text, description: "For the header X-CSRF-Token of requests that change something." },
    }),
    Credentials: signInBody,
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/session",
      operationId: "getSession",
      summary: "Who am I",
      permission: "session",
      responses: { 200: json("The session.", ref("Session")) },
      handle: async (call) => ({ status: 200, body: await shown(call, sessionIn(call)) }),
    },
    {
      scope: "server",
      method: "POST",
      path: "/session",
      operationId: "signIn",
      summary: "Sign in by password",
      permission: "public",
      body: ref("Credentials"),
      responses: { 201: json("Signed in; the cookie is set.", ref("Session")) },
      handle: signIn,
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/session",
      operationId: "signOut",
      summary: "Sign out",
      permission: "session",
      responses: { 204: nothing },
      handle: signOut,
    },
  ],
};

async function signIn(call: Call): Promise<Answer> {
  const given = call.body as Credentials;
  const byAccount = given.tenant === undefined ? await stopped(signInByAccount(call, given)) : undefined;
  const reference = byAccount?.tenantId ?? given.tenant;
  const tenant = await findSignInTenant(call.db, call.now, { reference, email: given.email });
  const who = { tenantId: tenant.id, actor: call.actor, now: call.now };
  const settings = await passwordSettings(call.db, tenant);
  const { session: whole, step } =
    byAccount?.entered ?? (await stopped(signInByPassword(call.db, who, given, call.from, settings)));
  if (!byAccount && given.tenant === undefined) await forgiveTry(call.db, call, given.email, call.from.ip);
  const opened = whole ?? (await stopped(bySecondFactor(call, who, step.cookie, given.code, settings)));
  const found = await memberSessionOf(call.db, opened.cookie, call.now);
  if (!found) throw new Error("a session was opened and is not there");
  // What the browser had before opens nothing from now on (T17), as on the pages.
  if (call.cookie !== null) await endReplaced(call.db, call.cookie, opened, call.now);
  return { status: 201, body: await shown(call, found), headers: { "Set-Cookie": cookieOf(call, opened) } };
}

interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly code?: string;
  readonly tenant?: string;
}

async function bySecondFactor(
  call: Call,
  who: Who,
  cookie: string,
  code: string | undefined,
  settings: PasswordSettings,
): Promise<OpenedSession> {
  if (code === undefined) {
    const detail =
      "Send the code of the authenticator app, or a recovery code, as code; a passkey signs in on the pages.";
    throw new Refusal("second_factor_required", detail);
  }
  const step = await stepOf(call.db, cookie, call.now);
  if (!step) throw new Error("a step was opened and is not there");
  return finishStep(call, who, step, { code }, call.from, settings);
}

function cookieOf({ publicUrl, now }: Call, { cookie, expiresAt }: OpenedSession): string {
  const cookies = cookiesFor(publicUrl);
  return cookieText(cookies, cookies.session, cookie, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));
}

async function signOut(call: Call): Promise<Answer> {
  const { session: held, member } = sessionIn(call);
  const who = { tenantId: held.tenantId, actor: call.actor, now: call.now };
  await closeSession(call.db, who, held.id, member.id);
  const cookies = cookiesFor(call.publicUrl);
  return { status: 204, headers: { "Set-Cookie": cookieText(cookies, cookies.session, "", 0) } };
}

async function shown({ db }: Call, { session: held, member, tenant, permissions }: MemberSession): Promise<unknown> {
  const { rules } = await currentRules(db, tenant.id);
  return {
    member: memberView(member, rules.roles),
    tenant: { id: tenant.id, slug: tenant.slug, name: tenant.name },
    roles: member.roles,
    permissions,
    seat: member.seat,
    authMethod: held.authMethod,
    mustChangePassword: held.mustChangePassword,
    mustAddFactor: held.mustAddFactor,
    expiresAt: held.expiresAt,
    csrfToken: held.csrfToken,
  };
}

function sessionIn(call: Call): MemberSession {
  if (call.session) return call.session;
  throw new Refusal("unauthenticated", "Sign in first.");
}
