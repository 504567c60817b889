/** Registrations: people sign up by themselves, prove their mailbox, and join by its domain. */
import { confirmAndJoin, workspaceUrl } from "../directory/domains/autoJoin.ts";
import { signUp, type SignUp } from "../directory/domains/registrations.ts";
import { languages } from "../mail/message.ts";
import type { Call, JsonAnswer, Resource } from "./route.ts";
import { arrayOf, id, instant, json, nullable, object, record, ref, text } from "./schemas.ts";

const namePart = { type: "string", minLength: 1, maxLength: 200, pattern: "\\S" };

const workspace = record({
  tenant: record({ id, slug: text, name: text }),
  outcome: {
    type: "string",
    enum: ["joined", "requested", "connection", "signIn", "full", "spent"],
    description:
      "`joined`: is a member now. `requested`: an admin is asked. `connection`: joins by signing in through the " +
      "organisation's identity provider. `signIn`: a member has this address. `full`: there is no seat. `spent`: the " +
      "invite link lets nobody in any more.",
  },
  url: { ...nullable(text), description: "Where to go on; null where there is nothing but to wait." },
});

export const registrations: Resource = {
  tag: "Registrations",
  description:
    "An account exists once its holder has proven the mailbox. Who has an address in a verified domain that people join " +
    "by is a member from then on, or asks to be one.",
  schemas: {
    SignUp: object(
      {
        email: { type: "string", minLength: 1, maxLength: 320 },
        password: { type: "string", minLength: 1, maxLength: 256 },
        name: object({ givenName: namePart, familyName: namePart }, ["givenName", "familyName"]),
        language: {
          type: "string",
          enum: [...languages],
          description: "Of the letters that follow; English if absent.",
        },
      },
      ["email", "password", "name"],
    ),
    Registration: record({
      email: text,
      expiresAt: { ...instant, description: "Until when the mailbox can be proven." },
    }),
    Workspace: workspace,
  },
  routes: [
    {
      scope: "server",
      method: "POST",
      path: "/registrations",
      operationId: "register",
      summary: "Sign up; what follows comes by mail, and the answer is the same for every address",
      permission: "public",
      body: ref("SignUp"),
      responses: { 202: json("A mail is on its way.", ref("Registration")) },
      handle: post,
    },
    {
      scope: "server",
      method: "POST",
      path: "/registrations/confirm",
      operationId: "confirmRegistration",
      summary: "Prove the mailbox, by the token that was mailed to it",
      permission: "public",
      body: object(
        {
          token: { type: "string", minLength: 1, maxLength: 200 },
          password: { type: "string", minLength: 1, maxLength: 256, description: "Checked where it is given." },
        },
        ["token"],
      ),
      responses: {
        201: json(
          "The account, and the workspaces that it has joined or can.",
          record({
            account: record({ id, email: text, name: record({ givenName: text, familyName: text }) }),
            workspaces: arrayOf(ref("Workspace")),
          }),
        ),
      },
      handle: confirm,
    },
  ],
};

async function post({ db, actor, now, body, from }: Call<unknown, SignUp>): Promise<JsonAnswer> {
  return { status: 202, body: await signUp(db, { actor, now }, body, from.ip) };
}

async function confirm(call: Call<unknown, { token: string; password?: string }>): Promise<JsonAnswer> {
  const { db, actor, now, body, secretKeys, publicUrl } = call;
  const { account, workspaces } = await confirmAndJoin(db, { actor, now }, body, secretKeys);
  const { id: accountId, email, name } = account;
  const shown = workspaces.map((each) => ({ ...each, url: workspaceUrl(publicUrl, each, account) }));
  return { status: 201, body: { account: { id: accountId, email, name }, workspaces: shown } };
}
