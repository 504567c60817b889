/** Join requests: who wants in by a domain and needs an admin's yes. */
import { approveJoinRequest, declineJoinRequest, listJoinRequests } from "../directory/domains/joinRequests.ts";
import type { JoinRequest } from "../directory/domains/joinRequests.store.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { id, instant, json, nullable, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

const status = { type: "string", enum: ["pending", "approved", "declined"] };

export const joinRequests: Resource = {
  tag: "Join requests",
  description:
    "Whoever signed up with an address in a verified domain that people join by, where the domain wants an admin's yes, " +
    "or the address carries a tag or is that of a role. Their mailboxes are proven.",
  schemas: {
    JoinRequest: record({
      id,
      email: text,
      name: record({ givenName: nullable(text), familyName: nullable(text) }),
      domain: text,
      reason: { type: "string", enum: ["approval", "plusTag", "roleMailbox"] },
      status,
      memberId: { ...nullable(id), description: "Whom an approval made." },
      createdAt: instant,
      decidedAt: nullable(instant),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/join-requests",
      operationId: "listJoinRequests",
      summary: "List who asks or has asked to join, the oldest first",
      permission: "members:view",
      query: { status, ...pageQuery },
      responses: { 200: json("A page of requests.", pageOf(ref("JoinRequest"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/join-requests/{id}/approve",
      operationId: "approveJoinRequest",
      summary: "Let them in, with the role that the domain gives",
      permission: "members:create",
      responses: { 200: json("The request.", ref("JoinRequest")) },
      handle: async ({ db, who, permissions, params }: TenantCall) =>
        answered(await approveJoinRequest(db, { ...who, permissions }, params["id"] ?? "")),
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/join-requests/{id}/decline",
      operationId: "declineJoinRequest",
      summary: "Do not let them in",
      permission: "members:create",
      responses: { 200: json("The request.", ref("JoinRequest")) },
      handle: async ({ db, who, params }: TenantCall) =>
        answered(await declineJoinRequest(db, who, params["id"] ?? "")),
    },
  ],
};

type Query = PageQuery & { readonly status?: JoinRequest["status"] };

async function list({ db, who, query }: TenantCall<Query>): Promise<JsonAnswer> {
  const page = { limit: query.limit, place: idPlace(query) };
  return { status: 200, body: idPage(await listJoinRequests(db, who, query.status ?? null, page), shown) };
}

function answered(request: JoinRequest): JsonAnswer {
  return { status: 200, body: shown(request) };
}

function shown({ accountId: _own, name, ...request }: JoinRequest): Record<string, unknown> {
  return { ...request, name: { givenName: name.givenName ?? null, familyName: name.familyName ?? null } };
}
