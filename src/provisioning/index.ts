import { Router, type ErrorRequestHandler, type RequestHandler } from "express";
import { isRefusal, Refusal } from "../base/errors.ts";
import { authenticateScimToken } from "../directory/scimTokens.ts";
import { bearerToken } from "../http/bearer.ts";
import { errorHandler, type Failure } from "../http/failure.ts";
import { notFound } from "../http/fallback.ts";
import { apiHeaders } from "../http/headers.ts";
import type { Logger } from "../http/logger.ts";
import { rateLimit, type Rate } from "../http/rateLimit.ts";
import { errorMessage, scimError } from "../scim/messages.ts";
import type { Registry } from "../scim/registry.ts";
import { ScimRefusal } from "../scim/types.ts";
import { validatorOf } from "../scim/validate.ts";
import type { Database } from "../storage/types.ts";
import { configRoutes, discoveryRoutes } from "./discovery.ts";
import { resourceRoutes } from "./endpoint.ts";
import { groupHandlers } from "./groups.ts";
import { MEDIA_TYPE, RATE } from "./limits.ts";
import { scimRequest } from "./request.ts";
import { userHandlers } from "./users.ts";

/** What the SCIM surface is made of. */
export interface ScimOptions {
  readonly db: Database;
  readonly registry: Registry;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  readonly log: Logger;
  /** Requests of one token; `RATE` unless given. */
  readonly rate?: Rate;
}

const PATH = "/scim/v2";

/** The SCIM surface, to be mounted at the root: `/scim/v2` and what clients look for beside it. */
export function scimSurface(options: ScimOptions): Router {
  const { registry, log } = options;
  const baseUrl = options.publicUrl + PATH;
  const router = Router();
  router.use(apiHeaders());
  configRoutes(router, baseUrl);
  router.use(authenticate(options, baseUrl));
  router.all("/:endpoint/.search", notImplemented);
  const endpoints = [
    userHandlers(resourceType(registry, "User"), baseUrl),
    groupHandlers(resourceType(registry, "Group"), baseUrl),
  ];
  for (const handlers of endpoints) {
    validatorOf(handlers.type);
    resourceRoutes(router, handlers);
  }
  discoveryRoutes(router, registry, baseUrl);
  router.all(["/Me", "/Bulk", "/.search"], notImplemented);
  router.use(notFound);
  const surface = Router();
  surface.use(PATH, router);
  surface.use("/scim", unknownVersion);
  surface.use("/scim", seatsAreForbidden);
  surface.use("/scim", errorHandler(log, MEDIA_TYPE, encode));
  return surface;
}

function authenticate({ db, rate = RATE }: ScimOptions, baseUrl: string): RequestHandler {
  const consume = rateLimit(rate);
  return async (req, res, next) => {
    const now = new Date();
    const token = await authenticateScimToken(db, bearerToken(req), now);
    await consume(token.tokenId);
    res.locals["scim"] = scimRequest(db, baseUrl, token, req, now);
    next();
  };
}

/** RFC 7644 §3.11 for `/Me`: no alias, since a token is a directory's and nobody's own. */
const notImplemented: RequestHandler = (req) => {
  throw new Refusal("not_implemented", `${req.path} is not offered here; see /ServiceProviderConfig`);
};

/** RFC 7644 §3.13: another version in the path is refused and never answered as if it were this one. */
const unknownVersion: RequestHandler = () => {
  throw new ScimRefusal("invalidVers", `the base of this service is ${PATH}`, "not_found");
};

/** 403 for want of a seat: directories take a 409 for "exists already", and would try to match. */
const seatsAreForbidden: ErrorRequestHandler = (error: unknown, _req, _res, next) => {
  next(isRefusal(error, "seat_limit_reached") ? new Refusal("forbidden", error.message) : error);
};

/** RFC 7644 §3.12 */
function encode(failure: Failure, error: unknown): unknown {
  return error instanceof Refusal ? errorMessage(error) : scimError(failure.status, failure.detail);
}

function resourceType(registry: Registry, name: string): ReturnType<typeof userHandlers>["type"] {
  const type = registry.resourceType(name);
  if (!type) throw new Error(`scim-schemas has no resource type ${name}`);
  return type;
}
