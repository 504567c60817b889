/** The account of whoever is signed in: which it is, what else it opens, and its ties. */
import { attachOwn, detachOwn, ownAccount, type AccountProof } from "../directory/accounts/accountAttach.ts";
import { ownSession } from "./ownSession.ts";
import type { Answer, Call, Resource } from "./route.ts";
import { arrayOf, boolean, id, json, nothing, nullable, object, record, ref, text } from "./schemas.ts";
import { unproven } from "./stopped.ts";

export const sessionAccount: Resource = {
  tag: "Account",
  description:
    "A person's own login, which may open memberships of several organisations. Only its holder attaches it, signed in " +
    "as the member: an equal address never does.",
  schemas: {
    OwnAccount: record({
      attached: boolean,
      email: { ...nullable(text), description: "Told where this session was opened by the account itself." },
      tenants: arrayOf(record({ id, slug: text, name: text, current: boolean, signInUrl: text }), {
        description: "What it opens; told likewise. Each is entered by signing in there anew, by its own rules.",
      }),
    }),
    AccountProof: object(
      {
        email: { type: "string", minLength: 1, maxLength: 320 },
        password: { type: "string", minLength: 1, maxLength: 1024 },
        code: { type: "string", minLength: 6, maxLength: 40, description: "Where the account has a second factor." },
      },
      ["email", "password"],
    ),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/session/account",
      operationId: "getOwnAccount",
      summary: "My account, and the organisations that it opens",
      permission: "session",
      responses: { 200: json("The account.", ref("OwnAccount")) },
      handle: async (call) => ({ status: 200, body: await shown(call) }),
    },
    {
      scope: "server",
      method: "POST",
      path: "/session/account",
      operationId: "attachOwnAccount",
      summary: "Attach my account to this membership, by its password",
      permission: "session",
      body: ref("AccountProof"),
      responses: { 201: json("Attached.", ref("OwnAccount")) },
      handle: attach,
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/session/account",
      operationId: "detachOwnAccount",
      summary: "Take my account away from this membership",
      permission: "session",
      responses: { 204: nothing },
      handle: detach,
    },
  ],
};

async function attach(call: Call): Promise<Answer> {
  const { who, ...own } = ownSession(call);
  await unproven(attachOwn(call, who, own, call.body as AccountProof, call.from.ip));
  return { status: 201, body: await shown(call) };
}

async function detach(call: Call): Promise<Answer> {
  const { who, ...own } = ownSession(call);
  await detachOwn(call.db, who, own);
  return { status: 204 };
}

async function shown(call: Call): Promise<unknown> {
  const { who, ...own } = ownSession(call);
  const { tenants, ...account } = await ownAccount(call.db, who, own);
  const places = tenants.map(({ id: tenantId, slug, name }) => ({
    id: tenantId,
    slug,
    name,
    current: tenantId === who.tenantId,
    signInUrl: `${call.publicUrl}/sso/start?${new URLSearchParams({ tenant: slug })}`,
  }));
  return { ...account, tenants: places };
}
