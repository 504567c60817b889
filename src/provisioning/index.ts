import { Router, type ErrorRequestHandler, type RequestHandler, type Response } from "express";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import type { ProvisioningLog } from "../directory/provisioningLog/provisioningBuffer.ts";
import {
  authenticateDirectory,
  directoryBaseUrl,
  type DirectoryPlace,
} from "../directory/directories/machineCaller.ts";
import { bearerToken } from "../http/bearer.ts";
import { errorHandler } from "../http/failure.ts";
import { notFound } from "../http/fallback.ts";
import { apiHeaders } from "../http/headers.ts";
import type { Logger } from "../http/logger.ts";
import type { Outbound } from "../http/outbound.ts";
import { rateLimit, type Rate } from "../http/rateLimit.ts";
import type { Registry, ResourceType } from "../scim/registry.ts";
import { ScimRefusal } from "../scim/types.ts";
import { validatorOf } from "../scim/validate.ts";
import type { Database } from "../storage/types.ts";
import { bulkRoute } from "./bulk.ts";
import { configRoutes, discoveryRoutes } from "./discovery.ts";
import { customResourceHandlers } from "./customResources.ts";
import { resourceRoutes, type ResourceHandlers } from "./endpoint.ts";
import { groupHandlers } from "./groups.ts";
import { MEDIA_TYPE, RATE } from "./limits.ts";
import { asForbidden, encode } from "./refusals.ts";
import { requestOf, scimRequest, type ScimServer } from "./request.ts";
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
/** Of one directory, for who comes with a token that is not of ours and so names none. */
const DIRECTORY_PATH = directoryBaseUrl("", { tenantId: ":tenantId", directoryId: ":directoryId" });

/** The SCIM surface, to be mounted at the root: `/scim/v2` and what clients look for beside it. */
export function scimSurface(options: ScimOptions): Router {
  const { registry, log, rate = RATE } = options;
  const consume = rateLimit(rate);
  const router = Router();
  router.use(apiHeaders());
  configRoutes(router, (res) => baseOf(options.publicUrl, placeOf(res)));
  router.use(authenticate(options, consume));
  const endpoints = registry.resourceTypes.map(handlersOf);
  for (const handlers of endpoints) {
    validatorOf(handlers.type);
    resourceRoutes(router, handlers);
  }
  discoveryRoutes(router, registry, (res) => requestOf(res).baseUrl);
  bulkRoute(router, endpoints, { log, consume });
  rootRoutes(
    router,
    endpoints.map(({ listing }) => listing),
  );
  router.all("/Me", notImplemented);
  router.use(notFound);
  const surface = Router();
  surface.use(PATH, router);
  surface.use(DIRECTORY_PATH, atDirectory, router);
  surface.use("/scim", unknownVersion);
  surface.use("/scim", seatsAreForbidden);
  surface.use("/scim", errorHandler(log, MEDIA_TYPE, encode));
  return surface;
}

/** The place of an address that names a directory. */
const atDirectory: RequestHandler = (req, res, next) => {
  const { tenantId, directoryId } = req.params as unknown as DirectoryPlace;
  // As ids are everywhere else: what ends with its tenant is found by comparing them.
  const place: DirectoryPlace = { tenantId: tenantId.toLowerCase(), directoryId: directoryId.toLowerCase() };
  res.locals["place"] = place;
  next();
};

function placeOf(res: Response): DirectoryPlace | undefined {
  return res.locals["place"] as DirectoryPlace | undefined;
}

/** The base by which a request came; what is no directory's address is not repeated. */
function baseOf(publicUrl: string, place: DirectoryPlace | undefined): string {
  const isOwn = place !== undefined && isUuid(place.tenantId) && isUuid(place.directoryId);
  return isOwn ? directoryBaseUrl(publicUrl, place) : publicUrl + PATH;
}

function authenticate(options: ScimOptions, consume: ReturnType<typeof rateLimit>): RequestHandler {
  const { db, secretKeys, outbound, publicUrl, provisioningLog } = options;
  const parts = { db, secretKeys, outbound, issuer: `${publicUrl}/oidc`, audience: publicUrl + PATH };
  return async (req, res, next) => {
    const arrival = arrivalOf(req, new Date());
    const place = placeOf(res);
    const found = await authenticateDirectory(parts, bearerToken(req), place ?? null, arrival.now);
    if ("refusal" in found) {
      if (found.owner) refusedRecord(provisioningLog, found.owner, arrival, found.refusal);
      throw found.refusal;
    }
    const server: ScimServer = { db, secretKeys, provisioningLog, baseUrl: baseOf(publicUrl, place) };
    const request = scimRequest(server, found.caller, arrival, req.headers["if-match"]);
    res.locals["scim"] = request;
    endWithAnswer(request.record, res);
    await consume(found.caller.tokenId);
    next();
  };
}

/** RFC 7644 §3.11 for `/Me`: no alias, since a token is a directory's and nobody's own. */
const notImplemented: RequestHandler = (req) => {
  throw new Refusal("not_implemented", `${req.path} is not offered here; see /ServiceProviderConfig`);
};

/** RFC 7644 §3.12, table 9, and §3.13: another version in the path is refused and never answered as if it were this one. */
const unknownVersion: RequestHandler = () => {
  throw new ScimRefusal("invalidVers", `the base of this service is ${PATH}`);
};

const seatsAreForbidden: ErrorRequestHandler = (thrown: unknown, _req, res, next) => {
  const error = asForbidden(thrown);
  res.locals["error"] = error;
  next(error);
};

/** People and groups are records with rules of their own; all else is what its schema says. */
function handlersOf(type: ResourceType): ResourceHandlers {
  if (type.name === "User") return userHandlers(type);
  if (type.name === "Group") return groupHandlers(type);
  return customResourceHandlers(type);
}
