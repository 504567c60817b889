/** API keys: credentials of this API that are bound to one tenant. */
import { createApiKey, listApiKeys, revokeApiKey } from "../directory/tenants/apiKeys.ts";
import { instantOf } from "./instants.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
  arrayOf,
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

const expiresAt = { ...nullable(instant), description: "Null = never." };
const permission = {
  type: "string",
  pattern: "^(?:\\*|[a-z][A-Za-z0-9]{0,63}:[a-z][A-Za-z0-9]{0,63})$",
  description: "`<area>:<verb>`; `<area>:manage` is all of an area, `*` is everything.",
};

export const apiKeys: Resource = {
  tag: "API keys",
  description: "Credentials of this API that are bound to one tenant. Only a hash of each is stored.",
  schemas: {
    ApiKey: record({ id, name: text, permissions: arrayOf(text), createdBy: text, createdAt: instant, expiresAt }),
    NewApiKey: record({ id, key: { type: "string", description: "Shown this once." } }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/api-keys",
      operationId: "listApiKeys",
      summary: "List the keys, the oldest first",
      permission: "apiKeys:view",
      query: pageQuery,
      responses: { 200: json("A page of keys.", pageOf(ref("ApiKey"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/api-keys",
      operationId: "createApiKey",
      summary: "Make a key, with no more permissions than the caller has",
      permission: "apiKeys:create",
      body: object(
        {
          name: label,
          permissions: arrayOf(permission, { minItems: 1, maxItems: 200, uniqueItems: true }),
          expiresAt,
        },
        ["name", "permissions"],
      ),
      responses: { 201: json("The key.", ref("NewApiKey")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/api-keys/{id}",
      operationId: "revokeApiKey",
      summary: "Revoke a key, at once",
      permission: "apiKeys:delete",
      responses: { 204: nothing },
      handle: revoke,
    },
  ],
};

interface NewApiKeyBody {
  readonly name: string;
  readonly permissions: readonly string[];
  readonly expiresAt?: string | null;
}

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listApiKeys(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (key) => key) };
}

async function post({ db, who, permissions: held, body }: TenantCall<unknown, NewApiKeyBody>): Promise<JsonAnswer> {
  const { name, permissions, expiresAt: expires } = body;
  const made = await createApiKey(db, who, { name, permissions, expiresAt: instantOf(expires) }, held);
  return { status: 201, body: made };
}

async function revoke({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await revokeApiKey(db, who, params["id"] ?? "");
  return { status: 204 };
}
