/** The dispatcher: credentials, tenant, permission, query and body, then the route's handler. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Request, type RequestHandler, type Response, Router } from "express";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { readBody, readJson } from "../http/body.ts";
import { cookiesFor, readCookie } from "../http/cookies.ts";
import type { LookUpTxt } from "../http/dns.ts";
import { methodNotAllowed, notFound } from "../http/fallback.ts";
import { apiHeaders } from "../http/headers.ts";
import type { Logger } from "../http/logger.ts";
import type { Outbound } from "../http/outbound.ts";
import { problemHandler } from "../http/problem.ts";
import { sendJson } from "../http/reply.ts";
import type { SamlThreads } from "../sso/saml/threads.ts";
import type { Database } from "../storage/types.ts";
import { callerOf, checkPermission, tenantOf } from "./credentials.ts";
import { isIdParameter, type OpenApi, openApi } from "./openapi.ts";
import type { Answer, Call, JsonAnswer, Resource, Route, TextAnswer } from "./route.ts";
import { type RequestCheck, requestChecks } from "./validation.ts";

export interface AdminOptions {
  readonly db: Database;
  readonly operatorKeys: readonly string[];
  /** Origin of absolute URLs, without a slash at its end. */
  readonly publicUrl: string;
  /** 32 bytes each: the first encrypts, all decrypt. */
  readonly secretKeys: readonly Buffer[];
  readonly outbound: Pick<Outbound, "urlFault" | "send">;
  readonly lookUpTxt: LookUpTxt;
  readonly samlThreads: Pick<SamlThreads, "readMetadata">;
  readonly log: Logger;
  /** The clock, read once for a request; the system's unless given. */
  readonly clock?: () => Date;
}

/** Where the API is mounted. */
const ADMIN_BASE = "/api/v1";

/** 1 MiB: a thousand members in one request, with room. */
const MOST_BYTES = 1_048_576;

/** A router for `ADMIN_BASE` that serves these resources and their document, with its own headers, 404 and errors. */
export function adminRouter(resources: readonly Resource[], options: AdminOptions): Router {
  const all = [documentResource(() => document), ...resources];
  const document = openApi(all, options.publicUrl + ADMIN_BASE);
  const routes = all.flatMap((resource) => resource.routes);
  const checkOf = requestChecks(document);
  const router = Router({ caseSensitive: true });
  router.use(apiHeaders());
  for (const path of new Set(routes.map((route) => route.path))) {
    const ofPath = routes.filter((route) => route.path === path);
    const place = router.route(path.replaceAll(/\{(\w+)\}/g, ":$1"));
    for (const route of ofPath) place[verbs[route.method]](dispatch(route, checkOf(route), options));
    place.all(methodNotAllowed(...ofPath.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))));
  }
  router.use(notFound);
  router.use(problemHandler(options.log));
  return router;
}

const verbs = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "delete" } as const;

/** The document is described in itself, so it is known only once it has been made. */
function documentResource(document: () => OpenApi): Resource {
  return {
    tag: "Document",
    description: "What the API offers.",
    schemas: {},
    routes: [
      {
        scope: "server",
        method: "GET",
        path: "/openapi.json",
        operationId: "getOpenApi",
        summary: "Read this document",
        permission: "public",
        responses: { 200: { description: "OpenAPI 3.1.", schema: { type: "object" } } },
        handle: async () => ({ status: 200, body: document() }),
      },
    ],
  };
}

function dispatch(route: Route, check: RequestCheck, options: AdminOptions): RequestHandler {
  return async (req, res) => {
    const now = options.clock?.() ?? new Date();
    await send(res, await answer(route, check, req, options, now));
  };
}

/** The order is the promise: nothing is told of a tenant before the credential, nor of a body before the permission. */
async function answer(
  route: Route,
  check: RequestCheck,
  req: Request,
  options: AdminOptions,
  now: Date,
): Promise<Answer> {
  const { db, publicUrl, secretKeys, outbound, lookUpTxt, samlThreads } = options;
  const params = paramsOf(req);
  const from = { ip: req.ip ?? null, userAgent: req.headers["user-agent"]?.slice(0, 300) ?? null };
  const cookie = readCookie(req, cookiesFor(publicUrl).session) ?? null;
  const given = { db, publicUrl, secretKeys, outbound, lookUpTxt, samlThreads, now, params, cookie, from };
  if (route.permission === "public")
    return route.handle({ ...given, ...NOBODY, ...(await request(route, check, req)) });
  const caller = await callerOf(req, options, now);
  const { actor, permissions, session, setup } = caller;
  if (route.scope === "server") {
    checkPermission(caller, route);
    return route.handle({ ...given, actor, permissions, session, setup, ...(await request(route, check, req)) });
  }
  const tenant = await tenantOf(caller, params["t"] ?? "", db, now);
  checkPermission(caller, route);
  const who = { tenantId: tenant.id, actor, now };
  const called = { actor, permissions, session, setup, who, tenant };
  return route.handle({ ...given, ...called, ...(await request(route, check, req)) });
}

/** The caller of what is public. */
const NOBODY = { actor: { type: "system" }, permissions: [], session: null, setup: null } as const;

async function request(route: Route, check: RequestCheck, req: Request): Promise<Pick<Call, "query" | "body">> {
  checkIds(paramsOf(req));
  return { query: check.query(searchOf(req)), body: await bodyOf(route, check, req) };
}

function paramsOf(req: Request): Record<string, string> {
  return Object.fromEntries(Object.entries(req.params).filter(([, value]) => typeof value === "string")) as Record<
    string,
    string
  >;
}

/** What is no UUID is nobody's id; it never reaches SQL. */
function checkIds(params: Readonly<Record<string, string>>): void {
  const ids = Object.entries(params).filter(([name]) => isIdParameter(name));
  if (ids.every(([, value]) => isUuid(value))) return;
  throw new Refusal("not_found", "Nothing here has this id. Ids are UUIDs, as lists show them.");
}

function searchOf(req: Request): URLSearchParams {
  const start = req.originalUrl.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : req.originalUrl.slice(start + 1));
}

async function bodyOf(route: Route, check: RequestCheck, req: Request): Promise<unknown> {
  if (route.file) return readBody(req, { types: [route.file.mediaType], ...route.file });
  if (!route.body) return undefined;
  const body = await readJson(req, { types: ["application/json"], limit: MOST_BYTES });
  check.body(body);
  return body;
}

async function send(res: Response, reply: Answer): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value);
  if (!("chunks" in reply)) return sendBody(res, reply);
  res.status(reply.status).setHeader("Content-Type", reply.mediaType);
  await piped(reply.chunks, res);
}

async function piped(chunks: TextAnswer["chunks"], res: Response): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), res);
  } catch (error) {
    // The reader went away, which is no fault of ours.
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}

function sendBody(res: Response, { status, body }: JsonAnswer): void {
  if (body === undefined) return void res.status(status).end();
  sendJson(res, status, "application/json", body);
}
