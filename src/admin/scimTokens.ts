/** SCIM tokens: with them a directory pushes. */
import { createScimToken, listScimTokens, revokeScimToken } from "../directory/directories/scimTokens.ts";
import type { ScimToken } from "../directory/directories/scimTokens.store.ts";
import { instantOf } from "./instants.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
  boolean,
  id,
  instant,
  json,
  label,
  nothing,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";

const dialect = {
  type: "string",
  enum: ["tolerant", "rfc", "interop"],
  description: "`tolerant` takes what any known directory sends, `rfc` RFC 7644 to the letter.",
};
const expiresAt = { ...nullable(instant), description: "Null = never." };
const awaitsApproval = {
  ...boolean,
  description: "Made through a setup link: nothing can be done with it until an admin approves the setup request.",
};

export const scimTokens: Resource = {
  tag: "SCIM tokens",
  description: "Bearer tokens for `/scim/v2`. Only a hash of each is stored.",
  schemas: {
    ScimToken: record({
      id,
      name: text,
      directoryId: id,
      dialect,
      createdBy: text,
      createdAt: instant,
      expiresAt,
      awaitsApproval,
    }),
    NewScimToken: record({
      id,
      token: { type: "string", description: "Shown this once." },
      baseUrl: { type: "string", format: "uri-reference", description: "What the directory is to be given as URL." },
      awaitsApproval,
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/scim-tokens",
      operationId: "listScimTokens",
      summary: "List the tokens, the oldest first",
      permission: "scimTokens:view",
      query: pageQuery,
      responses: { 200: json("A page of tokens.", pageOf(ref("ScimToken"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/scim-tokens",
      operationId: "createScimToken",
      summary: "Make a token for a directory; without `directoryId` for the oldest",
      permission: "scimTokens:create",
      setup: "scim",
      body: object({ name: label, directoryId: id, expiresAt, dialect: { ...dialect, default: "tolerant" } }, ["name"]),
      responses: { 201: json("The token.", ref("NewScimToken")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/scim-tokens/{id}",
      operationId: "revokeScimToken",
      summary: "Revoke a token: at once in the process that is asked, within five seconds in others",
      permission: "scimTokens:delete",
      responses: { 204: nothing },
      handle: revoke,
    },
  ],
};

interface NewScimTokenBody {
  readonly name: string;
  readonly directoryId?: string;
  readonly expiresAt?: string | null;
  readonly dialect?: ScimToken["dialect"];
}

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listScimTokens(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (token) => token) };
}

async function post({ db, who, publicUrl, body }: TenantCall<unknown, NewScimTokenBody>): Promise<JsonAnswer> {
  const { name, directoryId = null, dialect: chosen = "tolerant", expiresAt: expires } = body;
  const wanted = { name, directoryId, dialect: chosen, expiresAt: instantOf(expires) };
  const { id: made, token, awaitsApproval: awaits } = await createScimToken(db, who, wanted);
  return { status: 201, body: { id: made, token, baseUrl: `${publicUrl}/scim/v2`, awaitsApproval: awaits } };
}

async function revoke({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await revokeScimToken(db, who, params["id"] ?? "");
  return { status: 204 };
}
