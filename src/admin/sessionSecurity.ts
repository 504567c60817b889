/** How oneself signs in: password, second factors, passkeys, recovery codes. */
import { Refusal } from "../base/errors.ts";
import { proofAsked, proveAgain, provableBy, requireFresh } from "../directory/accounts/freshProof.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import { proofAnswer } from "../directory/accounts/passkeyAnswer.ts";
import { addPasskey, beginPasskey, namePasskey, removePasskey } from "../directory/accounts/passkeys.ts";
import { changeOwnPassword } from "../directory/accounts/passwordChange.ts";
import { MAX_PASSWORD_LENGTH } from "../directory/accounts/passwords.ts";
import { confirmTotp, type Own, removeTotp, renewRecoveryCodes } from "../directory/accounts/secondFactorChanges.ts";
import { readSecurity } from "../directory/tenants/securityOverview.ts";
import { completeSettings } from "../directory/tenants/tenantSettings.ts";
import { beginTotp } from "../directory/accounts/totp.ts";
import type { Who } from "../storage/types.ts";
import type { Call, JsonAnswer, Resource } from "./route.ts";
import { arrayOf, boolean, id, instant, json, nothing, nullable, object, record, ref, text } from "./schemas.ts";
import { unproven } from "./stopped.ts";

const password = { type: "string", minLength: 1, maxLength: MAX_PASSWORD_LENGTH };
const code = { type: "string", minLength: 6, maxLength: 40 };
const name = { type: "string", minLength: 1, maxLength: 60, pattern: "\\S" };
/** What `navigator.credentials` takes and answers: browsers add to it, and of an answer what is known is read by name. */
const webAuthn = { type: "object", additionalProperties: true, description: "JSON of WebAuthn §5.1." };
const codes = record({
  recoveryCodes: {
    ...nullable(arrayOf(text)),
    description: "Shown this once; null where those that there are go on holding.",
  },
});

const passkey = record({ id, name: text, createdAt: instant, lastUsedAt: nullable(instant) });

export const sessionSecurity: Resource = {
  tag: "Own security",
  description:
    "How oneself signs in. Changes need a proof that is no older than ten minutes, the sign-in itself included; else " +
    "403 `proof_required`, and `POST /session/proof` takes one.",
  schemas: {
    Security: record({
      hasPassword: boolean,
      holder: {
        type: "string",
        enum: ["member", "account"],
        description: "Whose password and factors: the member's in this tenant alone, or those of their account.",
      },
      factorRequired: boolean,
      totp: nullable(record({ since: instant })),
      passkeys: arrayOf(passkey),
      recoveryCodes: { type: "integer", minimum: 0, description: "How many are left." },
      freshUntil: { ...instant, description: "Until when changes need no new proof." },
    }),
    RecoveryCodes: codes,
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/session/security",
      operationId: "getOwnSecurity",
      summary: "How I sign in",
      permission: "session",
      responses: { 200: json("Password, factors, passkeys.", ref("Security")) },
      handle: async (call) => {
        const own = ownOf(call);
        return { status: 200, body: await readSecurity(call.db, whoOf(call, own), own) };
      },
    },
    {
      scope: "server",
      method: "GET",
      path: "/session/proof",
      operationId: "askOwnProof",
      summary: "By what I can show again who I am",
      permission: "session",
      responses: {
        200: json(
          "By what, and the question to a passkey.",
          record({ by: { type: "string", enum: ["factor", "password", "nothing"] }, passkey: nullable(webAuthn) }),
        ),
      },
      handle: askProof,
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/proof",
      operationId: "giveOwnProof",
      summary: "Show again who I am: the second factor, or the password where there is none",
      permission: "session",
      body: {
        oneOf: [
          object({ password }, ["password"]),
          object({ code }, ["code"]),
          object({ passkey: webAuthn }, ["passkey"]),
        ],
      },
      responses: { 204: nothing },
      handle: giveProof,
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/password",
      operationId: "changeOwnPassword",
      summary: "Change my password; other sessions end",
      permission: "session",
      body: object({ current: password, next: password }, ["current", "next"]),
      responses: { 204: nothing },
      handle: changePassword,
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/totp",
      operationId: "beginTotp",
      summary: "Add an authenticator app: its secret, which counts once a code of it is shown",
      permission: "session",
      responses: { 201: json("Shown this once.", record({ secret: text, uri: text })) },
      handle: beginApp,
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/totp/confirm",
      operationId: "confirmTotp",
      summary: "Put the authenticator app in use by its first code",
      permission: "session",
      body: object({ code }, ["code"]),
      responses: { 200: json("In use.", ref("RecoveryCodes")) },
      handle: async (call: Call<unknown, { code: string }>) => {
        const own = await freshOf(call);
        const shown = await confirmTotp(call.db, whoOf(call, own), own, call.body.code, call.secretKeys);
        return { status: 200, body: { recoveryCodes: shown } };
      },
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/session/totp",
      operationId: "removeTotp",
      summary: "Remove the authenticator app",
      permission: "session",
      responses: { 204: nothing },
      handle: async (call) => {
        const own = await freshOf(call);
        await removeTotp(call.db, whoOf(call, own), own);
        return { status: 204 };
      },
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/recovery-codes",
      operationId: "renewRecoveryCodes",
      summary: "Make recovery codes in place of those before",
      permission: "session",
      responses: { 201: json("Shown this once.", ref("RecoveryCodes")) },
      handle: async (call) => {
        const own = await freshOf(call);
        return { status: 201, body: { recoveryCodes: await renewRecoveryCodes(call.db, whoOf(call, own), own) } };
      },
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/passkeys/options",
      operationId: "beginPasskey",
      summary: "What navigator.credentials.create is given for a new passkey",
      permission: "session",
      responses: { 200: json("PublicKeyCredentialCreationOptionsJSON.", webAuthn) },
      handle: async (call) => {
        const own = await freshOf(call);
        return { status: 200, body: await beginPasskey(call.db, whoOf(call, own), own, call.publicUrl) };
      },
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/passkeys",
      operationId: "addPasskey",
      summary: "Add the passkey that the browser has made",
      permission: "session",
      body: object({ name, credential: webAuthn }, ["name", "credential"]),
      responses: { 201: json("Added.", ref("RecoveryCodes")) },
      handle: async (call: Call<unknown, { name: string; credential: unknown }>) => {
        const own = await freshOf(call);
        const shown = await addPasskey(call.db, whoOf(call, own), own, call.body, call.publicUrl);
        return { status: 201, body: { recoveryCodes: shown } };
      },
    },
    {
      scope: "server",
      method: "PATCH",
      path: "/session/passkeys/{id}",
      operationId: "namePasskey",
      summary: "Rename a passkey",
      permission: "session",
      body: object({ name }, ["name"]),
      responses: { 204: nothing },
      handle: async (call: Call<unknown, { name: string }>) => {
        const own = await freshOf(call);
        await namePasskey(call.db, own, call.params["id"] ?? "", call.body.name);
        return { status: 204 };
      },
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/session/passkeys/{id}",
      operationId: "removePasskey",
      summary: "Remove a passkey",
      permission: "session",
      responses: { 204: nothing },
      handle: async (call) => {
        const own = await freshOf(call);
        await removePasskey(call.db, whoOf(call, own), own, call.params["id"] ?? "");
        return { status: 204 };
      },
    },
  ],
};

async function askProof(call: Call): Promise<JsonAnswer> {
  const own = ownOf(call);
  const provable = await provableBy(call.db, whoOf(call, own), own.member.id);
  return { status: 200, body: { by: provable.by, passkey: await proofAsked(call, whoOf(call, own), own, provable) } };
}

type Proof = { password: string } | { code: string } | { passkey: unknown };

async function giveProof(call: Call<unknown, Proof>): Promise<JsonAnswer> {
  const own = ownOf(call);
  const { body } = call;
  const proof = "passkey" in body ? { passkey: proofAnswer(body.passkey) } : body;
  await unproven(proveAgain(call, whoOf(call, own), own, proof, call.from.ip));
  return { status: 204 };
}

async function changePassword(call: Call<unknown, { current: string; next: string }>): Promise<JsonAnswer> {
  const own = ownOf(call);
  const { passwordMinLength } = completeSettings(own.tenant.settings, own.tenant.planQuota).signIn;
  await unproven(changeOwnPassword(call.db, whoOf(call, own), own.session, call.body, passwordMinLength));
  return { status: 204 };
}

async function beginApp(call: Call): Promise<JsonAnswer> {
  const own = await freshOf(call);
  const { own: holder } = own.holders;
  const label = { issuer: own.tenant.name, account: own.member.email ?? own.member.id };
  return { status: 201, body: await beginTotp(call.db, holder, label, call.secretKeys) };
}

function ownOf({ session }: Pick<Call, "session">): MemberSession {
  if (session) return session;
  throw new Refusal("unauthenticated", "Sign in first.");
}

async function freshOf(call: Call): Promise<Own & MemberSession> {
  const own = ownOf(call);
  return { ...own, ...(await requireFresh(call.db, whoOf(call, own), own)) };
}

function whoOf({ actor, now }: Pick<Call, "actor" | "now">, { tenant }: MemberSession): Who {
  return { tenantId: tenant.id, actor, now };
}
