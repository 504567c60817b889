/** Setup links: one use, one browser, a day at most, for whoever runs the customer's identity provider. */
import {
  createSetupLink,
  listSetupLinks,
  revokeSetupLink,
  type SetupSession,
} from "../directory/connections/setupLinks.ts";
import { type SetupIntent, setupIntents, type SetupLink } from "../directory/connections/setupLinks.store.ts";
import { noSetup } from "../directory/connections/setupReach.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
  arrayOf,
  id,
  instant,
  json,
  nothing,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";

/** A day: longer than it takes, shorter than a mailbox is forgotten. */
const MOST_SECONDS = 86_400;

const intents = arrayOf(
  { type: "string", enum: setupIntents },
  { minItems: 1, uniqueItems: true, description: "What it lets its holder prepare." },
);

const redeemedBy = {
  ...record({ ip: nullable(text), userAgent: nullable(text) }),
  description: "The browser that redeemed it, and that alone can use it.",
};

export const setupLinks: Resource = {
  tag: "Setup links",
  description:
    "With a setup link somebody who is no member drafts and tests connections (`sso`), makes SCIM tokens (`scim`), and " +
    "adds and verifies domains (`domain`), on pages that need no explanation. They see no members and change nothing " +
    "that is in use. It lives by the permission of whoever made it.",
  schemas: {
    SetupLink: record({
      id,
      intents,
      createdBy: { ...text, description: "`operator`, or the kind and id of who made it." },
      createdAt: instant,
      expiresAt: { ...instant, description: "Of the link, and of what it was redeemed for." },
      redeemedAt: nullable(instant),
      redeemedBy: { anyOf: [redeemedBy, { type: "null" }] },
    }),
    SetupSession: record({
      tenant: record({ id, slug: text, name: text }),
      intents,
      expiresAt: instant,
      csrfToken: { ...text, description: "For the header X-CSRF-Token of requests that change something." },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/setup-links",
      operationId: "listSetupLinks",
      summary: "List the links, the oldest first, with who redeemed them",
      permission: "setupLinks:view",
      query: pageQuery,
      responses: { 200: json("A page of links.", pageOf(ref("SetupLink"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/setup-links",
      operationId: "createSetupLink",
      summary: "Make a link for what the caller could do; all admins are mailed",
      permission: "setupLinks:create",
      body: object(
        {
          intents,
          expiresInSeconds: { type: "integer", minimum: 60, maximum: MOST_SECONDS, default: MOST_SECONDS },
        },
        ["intents"],
      ),
      responses: {
        201: json("The address to hand over, shown this once.", record({ id, url: text, expiresAt: instant })),
      },
      handle: post,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/setup-links/{id}",
      operationId: "revokeSetupLink",
      summary: "Revoke a link at once, with its session and what waits for approval",
      permission: "setupLinks:delete",
      responses: { 204: nothing },
      handle: revoke,
    },
    {
      scope: "server",
      method: "GET",
      path: "/setup-session",
      operationId: "getSetupSession",
      summary: "What the setup link that this browser redeemed is for",
      permission: "setup",
      responses: { 200: json("The session.", ref("SetupSession")) },
      handle: async (call) => ({ status: 200, body: session(call) }),
    },
  ],
};

interface NewSetupLink {
  readonly intents: readonly SetupIntent[];
  readonly expiresInSeconds?: number;
}

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listSetupLinks(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, shown) };
}

function shown({ creatorType, creatorId, ip, userAgent, ...link }: SetupLink): Record<string, unknown> {
  const createdBy = creatorId === null ? creatorType : `${creatorType}:${creatorId}`;
  return { ...link, createdBy, redeemedBy: link.redeemedAt && { ip, userAgent } };
}

async function post(call: TenantCall<unknown, NewSetupLink>): Promise<JsonAnswer> {
  const { db, who, body, permissions, publicUrl } = call;
  const wanted = { intents: body.intents, seconds: body.expiresInSeconds ?? MOST_SECONDS };
  const { id: made, token, expiresAt } = await createSetupLink(db, who, wanted, permissions);
  // In the query: no log of ours holds it, no other site gets a Referer, and it works without a script.
  return { status: 201, body: { id: made, url: `${publicUrl}/setup?${new URLSearchParams({ t: token })}`, expiresAt } };
}

async function revoke({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await revokeSetupLink(db, who, params["id"] ?? "");
  return { status: 204 };
}

function session({ setup }: Call): Record<string, unknown> {
  const { link, tenant, csrfToken } = heldSetup(setup);
  const { id: tenantId, slug, name } = tenant;
  return { tenant: { id: tenantId, slug, name }, intents: link.intents, expiresAt: link.expiresAt, csrfToken };
}

function heldSetup(setup: SetupSession | null): SetupSession {
  if (setup) return setup;
  throw noSetup();
}
