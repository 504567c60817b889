/** A forgotten password: a link by mail, and the new one by it. */
import { askForReset, redeemReset } from "../directory/accounts/passwordReset.ts";
import { signInTenant } from "../directory/signIn/signInTenant.ts";
import { MAX_PASSWORD_LENGTH } from "../directory/accounts/passwords.ts";
import type { Call, JsonAnswer, Resource } from "./route.ts";
import { nothing, object, text } from "./schemas.ts";

const ask = object(
  {
    email: { type: "string", minLength: 1, maxLength: 320 },
    tenant: { ...text, description: "Slug or id; by the address's verified domain, or of an account, if absent." },
  },
  ["email"],
);

const redeem = object(
  {
    token: { type: "string", minLength: 1, maxLength: 200 },
    password: { type: "string", minLength: 1, maxLength: MAX_PASSWORD_LENGTH },
  },
  ["token", "password"],
);

export const passwordResets: Resource = {
  tag: "Password resets",
  description: "A link by mail, for an hour and once. It signs nobody in, and takes no second factor's place.",
  schemas: {},
  routes: [
    {
      scope: "server",
      method: "POST",
      path: "/session/password-reset",
      operationId: "askForPasswordReset",
      summary: "Ask for a new password; what follows comes by mail, and the answer is the same for every address",
      permission: "public",
      body: ask,
      responses: { 202: { description: "Taken." } },
      handle: async (call: Call<unknown, { email: string; tenant?: string }>): Promise<JsonAnswer> => {
        const { db, actor, now, body, from } = call;
        const tenant = await signInTenant(db, now, { reference: body.tenant, email: body.email });
        await askForReset(db, { actor, now }, { email: body.email, tenant }, from.ip);
        return { status: 202 };
      },
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/password-reset/confirm",
      operationId: "resetPassword",
      summary: "Set the new password, by the token that was mailed; all sessions end",
      permission: "public",
      body: redeem,
      responses: { 204: nothing },
      handle: async (call: Call<unknown, { token: string; password: string }>): Promise<JsonAnswer> => {
        const { db, actor, now, body, secretKeys, from } = call;
        await redeemReset(db, { actor, now }, body, secretKeys, from.ip);
        return { status: 204 };
      },
    },
  ],
};
