/** Invite links: one a role, off until made; whoever holds one joins with its role. */
import { dropInviteLink, listInviteLinks, makeInviteLink } from "../directory/invitations/inviteLinks.ts";
import type { InviteLink } from "../directory/invitations/inviteLinks.store.ts";
import { invitationUrl } from "../directory/invitations/inviteToken.ts";
import { writtenBy } from "../directory/tenants/credential.ts";
import { inviteLinkSchemas } from "./invitationSchemas.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { json, nothing, pageOf, pageQuery, ref } from "./schemas.ts";

export const inviteLinks: Resource = {
  tag: "Invite links",
  description:
    "A link for whoever it is handed to. They show first that their mailbox is theirs, or sign in through the tenant's " +
    "identity provider. It gives what its maker may give, for as long as they may.",
  schemas: inviteLinkSchemas,
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/invite-links",
      operationId: "listInviteLinks",
      summary: "List the links that there are; their addresses are shown when they are made",
      permission: "invitations:view",
      query: pageQuery,
      responses: { 200: json("A page of links.", pageOf(ref("InviteLink"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "PUT",
      path: "/tenants/{t}/invite-links/{role}",
      operationId: "makeInviteLink",
      summary: "Make the link of a role, or make it anew; the one before is dead at once",
      permission: "invitations:create",
      body: ref("NewInviteLink"),
      responses: {
        200: json("The link, with its address.", ref("MadeInviteLink")),
      },
      handle: put,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/invite-links/{role}",
      operationId: "deleteInviteLink",
      summary: "Switch the link of a role off, at once",
      permission: "invitations:delete",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listInviteLinks(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, shown) };
}

function shown({ creatorType, creatorId, ...link }: InviteLink): Record<string, unknown> {
  return { ...link, createdBy: writtenBy({ type: creatorType, ...(creatorId !== null && { id: creatorId }) }) };
}

interface NewLink {
  readonly expiresAt?: string | null;
  readonly maxUses?: number | null;
  readonly allowedDomains?: readonly string[];
}

async function put(call: TenantCall<unknown, NewLink>): Promise<JsonAnswer> {
  const { expiresAt = null, maxUses = null, allowedDomains = [] } = call.body;
  const wish = { expiresAt: expiresAt === null ? null : new Date(expiresAt), maxUses, allowedDomains };
  const who = { ...call.who, permissions: call.permissions };
  const { link, token } = await makeInviteLink(call.db, who, roleOf(call), wish);
  return { status: 200, body: { ...shown(link), url: invitationUrl(call.publicUrl, token) } };
}

async function remove(call: TenantCall): Promise<JsonAnswer> {
  await dropInviteLink(call.db, call.who, roleOf(call));
  return { status: 204 };
}

function roleOf({ params }: TenantCall): string {
  return params["role"] ?? "";
}
