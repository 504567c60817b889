import { Refusal } from "../base/errors.ts";
import { sendJson } from "../http/reply.ts";
import { CURSOR_SECONDS } from "../scim/cursor.ts";
import {
  resourceTypeByName,
  resourceTypeList,
  schemaById,
  schemaList,
  serviceProviderConfig,
  type Capabilities,
} from "../scim/discovery.ts";
import type { Registry } from "../scim/registry.ts";
import type { ScimObject } from "../scim/types.ts";
import { byMethod, type AddRoute, type Visit } from "./exchange.ts";
import { BULK_LIMITS, MEDIA_TYPE, PAGE_LIMITS } from "./limits.ts";

/** What works; clients choose their ways by it, so nothing stands here that does not. */
const CAPABILITIES: Capabilities = {
  patch: true,
  bulk: BULK_LIMITS,
  filter: { maxResults: PAGE_LIMITS.maxCount },
  changePassword: true,
  sort: true,
  etag: true,
  authenticationSchemes: [
    {
      type: "oauthbearertoken",
      name: "OAuth Bearer Token",
      description: "A SCIM token or access token of one directory, in the header Authorization: Bearer",
      specUri: "https://www.rfc-editor.org/info/rfc6750",
      primary: true,
    },
  ],
  pagination: {
    defaultPageSize: PAGE_LIMITS.defaultCount,
    maxPageSize: PAGE_LIMITS.maxCount,
    cursorTimeout: CURSOR_SECONDS,
  },
};

/** Adds `/ServiceProviderConfig`: it tells how to authenticate, so it needs no credentials (RFC 7644 §4). */
export function configRoutes(add: AddRoute<Visit>): void {
  route(add, "/ServiceProviderConfig", (baseUrl) => serviceProviderConfig(CAPABILITIES, baseUrl));
}

/** Adds `/ResourceTypes` and `/Schemas` (RFC 7644 §4). */
export function discoveryRoutes(add: AddRoute, registry: Registry): void {
  route(add, "/ResourceTypes", (baseUrl) => resourceTypeList(registry, baseUrl));
  route(add, "/ResourceTypes/:name", (baseUrl, name) => resourceTypeByName(registry, name, baseUrl));
  route(add, "/Schemas", (baseUrl) => schemaList(registry, baseUrl));
  route(add, "/Schemas/:name", (baseUrl, name) => schemaById(registry, name, baseUrl));
}

function route(add: AddRoute<Visit>, path: string, show: (baseUrl: string, name: string) => ScimObject): void {
  const answer = ({ res, arrival, baseUrl, params }: Visit): void => {
    // RFC 7644 §4: a filter is answered 403, "to allow clients to know that the filter was not processed".
    if (arrival.query["filter"] !== undefined) throw new Refusal("forbidden", `${path} takes no filter`);
    sendJson(res, 200, MEDIA_TYPE, show(baseUrl, params["name"] ?? ""));
  };
  add(path, byMethod({ GET: answer }));
}
