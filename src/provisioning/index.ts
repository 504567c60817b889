import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import type { ProvisioningLog } from "../directory/provisioningLog/provisioningBuffer.ts";
import {
  authenticateDirectory,
  directoryBaseUrl,
  type DirectoryPlace,
} from "../directory/directories/machineCaller.ts";
import { bearerToken } from "../http/bearer.ts";
import { failing } from "../http/failure.ts";
import { malformedPath, nothingHere } from "../http/fallback.ts";
import { apiHeaders } from "../http/headers.ts";
import type { Logger } from "../http/logger.ts";
import type { Outbound } from "../http/outbound.ts";
import { paths } from "../http/paths.ts";
import { rateLimit, type Rate } from "../http/rateLimit.ts";
import { noteRoute } from "../http/requestLog.ts";
import { targetOf } from "../http/target.ts";
import type { Registry, ResourceType } from "../scim/registry.ts";
import { ScimRefusal } from "../scim/types.ts";
import { validatorOf } from "../scim/validate.ts";
import type { Database } from "../storage/types.ts";
import { bulkRoute } from "./bulk.ts";
import { configRoutes, discoveryRoutes } from "./discovery.ts";
import { customResourceHandlers } from "./customResources.ts";
import { resourceRoutes, type ResourceHandlers } from "./endpoint.ts";
import type { AddRoute, Answer, Visit } from "./exchange.ts";
import { groupHandlers } from "./groups.ts";
import { MEDIA_TYPE, RATE } from "./limits.ts";
import { asForbidden, encode } from "./refusals.ts";
import { scimRequest, type ScimRequest, type ScimServer } from "./request.ts";
import { arrivalOf, endWithAnswer, refusedRecord } from "./requestRecord.ts";
import { rootRoutes } from "./search.ts";
import { userHandlers } from "./users.ts";

/** What the SCIM surface is made of. */
export interface ScimOptions {
  readonly db: Database;
  readonly registry: Registry;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** 32 bytes each: the first seals what clients carry, all open it. */
  readonly secretKeys: readonly Buffer[];
  readonly provisioningLog: ProvisioningLog;
  /** For the keys of those who sign their tokens themselves. */
  readonly outbound: Pick<Outbound, "send">;
  readonly log: Logger;
  /** Requests of one token; `RATE` unless given. */
  readonly rate?: Rate;
}

const PATH = "/scim/v2";
/** All that is ours; what is below it in vain is refused in SCIM's own words. */
const OURS = /^\/scim(?:\/|$)/i;
/** The base, or that of one directory, for who comes with a token that is not of ours and so names none. */
const BASE = /^\/scim\/(?:v2|tenants\/([^/]+)\/directories\/([^/]+)\/v2)(?=\/|$)/i;

/** Whether a request is for this surface. */
export function asksScim(req: IncomingMessage): boolean {
  return OURS.test(targetOf(req).path);
}

/** What answers at a path: to everybody, or to a directory that is known. */
type Route = { readonly open: Answer<Visit> } | { readonly closed: Answer };

/**
 * The SCIM surface: answers every request that `asksScim`. It stands beside express and not in it, for each request of
 * thousands would pay for that (docs/decisions/0008-scim-beside-express.md).
 */
export function scimSurface(options: ScimOptions): (req: IncomingMessage, res: ServerResponse) => void {
  const { log, publicUrl, rate = RATE } = options;
  const consume = rateLimit(rate);
  const routes = routesOf(options, consume);
  const setHeaders = apiHeaders();
  const authenticate = authenticating(options);
  const fail = failing(log, MEDIA_TYPE, encode);

  const answer = async (req: IncomingMessage, res: ServerResponse, outcome: { thrown?: unknown }): Promise<void> => {
    const { path, query } = targetOf(req);
    const [base, tenantId, directoryId] = BASE.exec(path) ?? [];
    // RFC 7644 §3.12, table 9, and §3.13: another version is refused and never answered as if it were this one.
    if (base === undefined) throw new ScimRefusal("invalidVers", `the base of this service is ${PATH}`);
    const place = placeOf(tenantId, directoryId);
    const arrival = arrivalOf(req, path.slice(base.length) || "/", query);
    const { what, pattern = "", params = {} } = routes.find(arrival.path) ?? {};
    const baseUrl = baseOf(publicUrl, place);
    const visit: Visit = { req, res, arrival, baseUrl, params };
    if (what && "open" in what) {
      noteRoute(req, pattern);
      return what.open(visit);
    }
    const request = await authenticate(visit, place);
    endWithAnswer(request.record, res, () => outcome.thrown);
    await consume(request.tokenId);
    if (!what) throw nothingAt(arrival.path);
    noteRoute(req, pattern);
    await what.closed({ req, res, arrival, baseUrl, params, request });
  };

  return (req, res) => {
    const outcome: { thrown?: unknown } = {};
    setHeaders(req, res, () => undefined);
    answer(req, res, outcome).catch((thrown: unknown) => {
      outcome.thrown = asForbidden(thrown);
      fail(outcome.thrown, req, res);
    });
  };
}

function routesOf({ registry, log }: ScimOptions, consume: ReturnType<typeof rateLimit>) {
  const routes = paths<Route>();
  const add: AddRoute = (path, closed) => routes.add(path, { closed });
  configRoutes((path, open) => routes.add(path, { open }));
  const endpoints = registry.resourceTypes.map(handlersOf);
  for (const handlers of endpoints) {
    validatorOf(handlers.type);
    resourceRoutes(add, handlers);
  }
  discoveryRoutes(add, registry);
  bulkRoute(add, endpoints, { log, consume });
  rootRoutes(
    add,
    endpoints.map(({ listing }) => listing),
  );
  add("/Me", notImplemented);
  return routes;
}

/** The place of an address that names a directory, in lower case: what ends with its tenant is found by comparing ids. */
function placeOf(tenantId: string | undefined, directoryId: string | undefined): DirectoryPlace | null {
  if (tenantId === undefined || directoryId === undefined) return null;
  return { tenantId: tenantId.toLowerCase(), directoryId: directoryId.toLowerCase() };
}

/** The base by which a request came; what is no directory's address is not repeated. */
function baseOf(publicUrl: string, place: DirectoryPlace | null): string {
  const isOwn = place !== null && isUuid(place.tenantId) && isUuid(place.directoryId);
  return isOwn ? directoryBaseUrl(publicUrl, place) : publicUrl + PATH;
}

/** The refusal of a path that is none, perhaps because it cannot be decoded. */
function nothingAt(path: string): Refusal {
  try {
    decodeURIComponent(path);
    return nothingHere();
  } catch {
    return malformedPath();
  }
}

/** Finds whose request it is. @throws Refusal `unauthenticated`, told in the provisioning log of whose token it was */
function authenticating(options: ScimOptions): (visit: Visit, place: DirectoryPlace | null) => Promise<ScimRequest> {
  const { db, secretKeys, outbound, publicUrl, provisioningLog } = options;
  const parts = { db, secretKeys, outbound, issuer: `${publicUrl}/oidc`, audience: publicUrl + PATH };
  return async ({ req, arrival, baseUrl }, place) => {
    const found = await authenticateDirectory(parts, bearerToken(req), place, arrival.now);
    if ("refusal" in found) {
      if (found.owner) refusedRecord(provisioningLog, found.owner, arrival, found.refusal);
      throw found.refusal;
    }
    const server: ScimServer = { db, secretKeys, provisioningLog, baseUrl };
    return scimRequest(server, found.caller, arrival, req.headers["if-match"]);
  };
}

/** RFC 7644 §3.11 for `/Me`: no alias, since a token is a directory's and nobody's own. */
const notImplemented: Answer = ({ arrival }) => {
  throw new Refusal("not_implemented", `${arrival.path} is not offered here; see /ServiceProviderConfig`);
};

/** People and groups are records with rules of their own; all else is what its schema says. */
function handlersOf(type: ResourceType): ResourceHandlers {
  if (type.name === "User") return userHandlers(type);
  if (type.name === "Group") return groupHandlers(type);
  return customResourceHandlers(type);
}
