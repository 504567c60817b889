/** Setup requests: what was made through a setup link and waits for an admin's yes to go live. */
import { approveSetupRequest, declineSetupRequest } from "../directory/connections/setupApproval.ts";
import { askForConnection, listSetupRequests } from "../directory/connections/setupRequests.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { id, instant, json, nothing, nullable, object, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

export const setupRequests: Resource = {
  tag: "Setup requests",
  description:
    "In a tenant that has active members, a connection that was drafted through a setup link is enabled, a SCIM token " +
    "that was made through one is good, and a domain that was proven through one is the tenant's, once an admin approves " +
    "it. Until then nothing comes of it.",
  schemas: {
    SetupRequest: record({
      id: { ...id, description: "Another one each time that it is asked for: what was changed since is not approved." },
      linkId: id,
      kind: { type: "string", enum: ["connection", "scim_token", "domain"] },
      thing: { ...text, description: "Id of the connection or the token, or the domain." },
      name: text,
      requestedAt: instant,
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/setup-requests",
      operationId: "listSetupRequests",
      summary: "List what waits for approval, the oldest first",
      permission: "setupLinks:view",
      query: pageQuery,
      responses: { 200: json("A page of requests.", pageOf(ref("SetupRequest"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/setup-requests",
      operationId: "createSetupRequest",
      summary:
        "By a setup link: ask that a tested connection go live, which it does at once where nobody is active yet",
      permission: "setup",
      setup: "sso",
      body: object({ connectionId: id }, ["connectionId"]),
      responses: {
        201: json("Asked, or done.", record({ id: { ...nullable(id), description: "Null: it is live." } })),
      },
      handle: ask,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/setup-requests/{id}/approve",
      operationId: "approveSetupRequest",
      summary:
        "Let it go live as it was when it was asked for; needs `connections:edit`, `scimTokens:create` or `domains:edit` " +
        "besides. The record of a domain is looked up once more",
      permission: "setupLinks:edit",
      responses: { 204: nothing },
      handle: async (call: TenantCall) => {
        await approveSetupRequest(call, { ...call.who, permissions: call.permissions }, call.params["id"] ?? "");
        return { status: 204 };
      },
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/setup-requests/{id}/decline",
      operationId: "declineSetupRequest",
      summary: "Do not: a token is gone; a connection or domain stays as it is and may be asked for again",
      permission: "setupLinks:edit",
      responses: { 204: nothing },
      handle: async ({ db, who, permissions, params }: TenantCall) => {
        await declineSetupRequest(db, { ...who, permissions }, params["id"] ?? "");
        return { status: 204 };
      },
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listSetupRequests(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (each) => each) };
}

async function ask(call: TenantCall<unknown, { connectionId: string }>): Promise<JsonAnswer> {
  return { status: 201, body: { id: await askForConnection(call, call.who, call.body.connectionId) } };
}
