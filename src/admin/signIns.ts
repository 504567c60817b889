/** The sign-in log: who tried, with what result, and why not. The reference that a person is shown is the id here. */
import { isUuid } from "../base/ids.ts";
import { readMember } from "../directory/members/memberList.ts";
import { readSignIn, readSignIns, type SignInPage } from "../directory/signIn/signInLog.ts";
import { decodeCursor, encodeCursor, isTotal, type PageQuery } from "./paging.ts";
import type { Answer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, nullable, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

export const signIns: Resource = {
  tag: "Sign-ins",
  description: "Each try to sign in, with one code for each way to fail.",
  schemas: {
    SignIn: record({
      id,
      at: instant,
      memberId: { ...nullable(id), description: "Null where it is not known who that was." },
      method: { type: "string", enum: ["saml", "oidc", "password", "passkey"] },
      connectionId: nullable(id),
      result: { type: "string", enum: ["signed_in", "refused"] },
      reason: { ...nullable(text), description: "A stable code, such as `saml_expired`." },
      detail: { ...nullable(text), description: "The same in words for an admin." },
      ip: nullable(text),
      device: { ...nullable(text), description: "The browser, as it calls itself." },
      arrived: {
        type: ["object", "null"],
        additionalProperties: arrayOf(text),
        description:
          "Attributes or claims that the identity provider had signed, masked; null where nothing that was sent could " +
          "be believed. A test sign-in shows them in full.",
      },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/sign-ins",
      operationId: "listSignIns",
      summary: "Read the sign-in log, the latest first",
      permission: "connections:view",
      query: pageQuery,
      responses: { 200: json("A page of tries.", pageOf(ref("SignIn"))) },
      handle: (call: TenantCall<PageQuery>) => page(call, null),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/sign-ins/{id}",
      operationId: "getSignIn",
      summary: "Read one try, by the reference that the person was shown",
      permission: "connections:view",
      responses: { 200: json("The try.", ref("SignIn")) },
      handle: async ({ db, who, params }: TenantCall) => ({
        status: 200,
        body: await readSignIn(db, who, params["id"] ?? ""),
      }),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/members/{id}/sign-ins",
      operationId: "listSignInsOfMember",
      summary: "Read a member's sign-ins, the latest first",
      permission: "members:view",
      query: pageQuery,
      responses: { 200: json("A page of tries.", pageOf(ref("SignIn"))) },
      handle: (call: TenantCall<PageQuery>) => ofMember(call),
    },
  ],
};

async function ofMember(call: TenantCall<PageQuery>): Promise<Answer> {
  const memberId = call.params["id"] ?? "";
  await readMember(call.db, call.who, memberId);
  return page(call, memberId);
}

async function page({ db, who, query }: TenantCall<PageQuery>, memberId: string | null): Promise<Answer> {
  const from = decodeCursor(query.cursor, isPlace) ?? null;
  const { items, total, next } = await readSignIns(db, who, memberId, query.limit, from);
  return { status: 200, body: { items, total, nextCursor: next && encodeCursor(next) } };
}

function isPlace(value: unknown): value is NonNullable<SignInPage["next"]> {
  if (typeof value !== "object" || value === null) return false;
  const { id: at, total } = value as Record<string, unknown>;
  return isUuid(at) && isTotal(total);
}
