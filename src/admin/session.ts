/** Who am I: sign in by password, look, sign out. Sign-in by an identity provider begins at `/sso/start`. */
import { findSignInTenant } from "../directory/signInTenant.ts";
import { memberSessionOf, type MemberSession } from "../directory/memberSession.ts";
import { memberView } from "../directory/memberView.ts";
import { passwordSettings, signInByPassword, WINDOW_MINUTES } from "../directory/passwordSignIn.ts";
import { rulesOf } from "../directory/rules.ts";
import { closeSession, type OpenedSession } from "../directory/sessions.ts";
import { SignInStopped } from "../directory/ssoSignIn.ts";
import { Refusal, type RefusalCode } from "../base/errors.ts";
import { cookiesFor, cookieText } from "../http/cookies.ts";
import type { Answer, Call, Resource } from "./route.ts";
import { arrayOf, boolean, id, instant, json, nothing, object, record, ref, text } from "./schemas.ts";

const credentials = object(
  {
    email: { type: "string", minLength: 1, maxLength: 320 },
    password: { type: "string", minLength: 1, maxLength: 1024 },
    tenant: { ...text, description: "Slug or id; by the address's verified domain if absent." },
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
      authMethod: { type: "string", enum: ["saml", "oidc", "password"] },
      mustChangePassword: { ...boolean, description: "Until then nothing else is permitted." },
      expiresAt: instant,
      csrfToken: { ...text, description: "For the header X-CSRF-Token of requests that change something." },
    }),
    Credentials: credentials,
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
  const { email, password, tenant: reference } = call.body as { email: string; password: string; tenant?: string };
  const tenant = await findSignInTenant(call.db, call.now, { reference, email });
  const who = { tenantId: tenant.id, actor: call.actor, now: call.now };
  const opened = await stopped(
    signInByPassword(call.db, who, { email, password }, call.from, await passwordSettings(call.db, tenant)),
  );
  const found = await memberSessionOf(call.db, opened.cookie, call.now);
  if (!found) throw new Error("a session was opened and is not there");
  return { status: 201, body: await shown(call, found), headers: { "Set-Cookie": cookieOf(call, opened) } };
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
  const { rules } = await rulesOf(db, tenant.id);
  return {
    member: memberView(member, rules.roles),
    tenant: { id: tenant.id, slug: tenant.slug, name: tenant.name },
    roles: member.roles,
    permissions,
    seat: member.seat,
    authMethod: held.authMethod,
    mustChangePassword: held.mustChangePassword,
    expiresAt: held.expiresAt,
    csrfToken: held.csrfToken,
  };
}

function sessionIn(call: Call): MemberSession {
  if (call.session) return call.session;
  throw new Refusal("unauthenticated", "Sign in first.");
}

const codes: Readonly<Record<string, RefusalCode>> = {
  too_many_attempts: "rate_limited",
  sso_required: "forbidden",
};

/** What a sign-in by password that was stopped is to a client: the same for an unknown address and a wrong password. */
async function stopped<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    const code = codes[error.code] ?? "unauthenticated";
    const extra = code === "rate_limited" ? { retryAfterSeconds: WINDOW_MINUTES * 60 } : {};
    throw new Refusal(code, `Not signed in: ${error.message}.`, { extra });
  }
}
