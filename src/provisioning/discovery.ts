import type { RequestHandler, Response, Router } from "express";
import { Refusal } from "../base/errors.ts";
import { methodNotAllowed } from "../http/fallback.ts";
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

/** The base by which a request came, without a slash at its end. */
type BaseOf = (res: Response) => string;

/** Adds `/ServiceProviderConfig`: it tells how to authenticate, so it needs no credentials (RFC 7644 §4). */
export function configRoutes(router: Router, baseOf: BaseOf): void {
  route(router, "/ServiceProviderConfig", baseOf, (baseUrl) => serviceProviderConfig(CAPABILITIES, baseUrl));
}

/** Adds `/ResourceTypes` and `/Schemas` (RFC 7644 §4). */
export function discoveryRoutes(router: Router, registry: Registry, baseOf: BaseOf): void {
  route(router, "/ResourceTypes", baseOf, (baseUrl) => resourceTypeList(registry, baseUrl));
  route(router, "/ResourceTypes/:name", baseOf, (baseUrl, name) => resourceTypeByName(registry, name, baseUrl));
  route(router, "/Schemas", baseOf, (baseUrl) => schemaList(registry, baseUrl));
  route(router, "/Schemas/:name", baseOf, (baseUrl, name) => schemaById(registry, name, baseUrl));
}

function route(
  router: Router,
  path: string,
  baseOf: BaseOf,
  show: (baseUrl: string, name: string) => ScimObject,
): void {
  const answer: RequestHandler = (req, res) => {
    // RFC 7644 §4: a filter is answered 403, "to allow clients to know that the filter was not processed".
    if (req.query["filter"] !== undefined) throw new Refusal("forbidden", `${path} takes no filter`);
    sendJson(res, 200, MEDIA_TYPE, show(baseOf(res), String(req.params["name"] ?? "")));
  };
  router.route(path).get(answer).all(methodNotAllowed("GET"));
}
