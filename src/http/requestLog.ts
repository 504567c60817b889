/** One log line and one measurement for each request, on the way of every request: it must stay cheap. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { newId } from "../base/ids.ts";
import type { Logger } from "./logger.ts";
import type { Observe } from "./metrics.ts";

/** The answer did not reach the client, which had gone; nginx's number for it. */
const CLIENT_GONE = 499;
const REQUEST_ID = Symbol("request id");
const PATTERN = Symbol("pattern");
const PLAIN_PATH = /^(?:\/[A-Za-z0-9][A-Za-z0-9.-]{0,63})*$/;

/** The id of this request (UUIDv7), made when first asked for; what a client calls its request is not trusted. */
export function requestId(req: IncomingMessage & { [REQUEST_ID]?: string }): string {
  return (req[REQUEST_ID] ??= newId(new Date()));
}

/** A request, with what express or another surface has put onto it on its way. */
interface Routed extends IncomingMessage {
  readonly originalUrl?: string;
  readonly route?: { readonly path?: unknown };
  [PATTERN]?: string;
}

/** Says which pattern a request has matched, where it is not express that routes. */
export function noteRoute(req: Routed, pattern: string): void {
  req[PATTERN] = pattern;
}

/** Writes method, route, status and milliseconds of each request at `info`, and gives them to `observe`. */
export function requestLog(
  log: Logger,
  observe: Observe,
): (req: Routed, res: ServerResponse, next: () => void) => void {
  // Only our own fields are in these lines, so they are spared the search for secrets.
  const lines = log.child({}, { redact: [] });
  return (req, res, next) => {
    const start = performance.now();
    // Emitted once; `once` would cost each request a wrapper and its removal.
    res.on("close", () => {
      const ms = performance.now() - start;
      const status = res.writableFinished ? res.statusCode : CLIENT_GONE;
      const [url, method] = [sentUrl(req), req.method ?? ""];
      observe(url, method, status, ms / 1000);
      if (!lines.isLevelEnabled("info")) return;
      const rounded = Math.round(ms * 100) / 100;
      lines.info({ id: requestId(req), method, route: routeOf(req), status, ms: rounded }, "request");
    });
    next();
  };
}

/**
 * The pattern of the matched route, as `/scim/v2/Users/:id`. Of a path that matched none two segments are shown, which
 * is enough to see a wrong base URL; the rest may be somebody's name.
 */
function routeOf(req: Routed): string {
  const pattern: unknown = req[PATTERN] ?? req.route?.path;
  const [path = ""] = sentUrl(req).split("?", 1);
  const sent = path.endsWith("/") ? path.slice(0, -1) : path;
  if (typeof pattern !== "string") return unmatched(sent);
  const own = pattern === "/" ? "" : pattern;
  const base = beforeRoute(sent, own);
  return (PLAIN_PATH.test(base) ? base : "/…") + own || "/";
}

/** Express cuts `url` while a request is on its way. */
function sentUrl(req: Routed): string {
  return req.originalUrl ?? req.url ?? "";
}

/** Where the route's router is mounted. Not express's `baseUrl`: that is cut once an error has left the router. */
function beforeRoute(sent: string, own: string): string {
  let end = sent.length;
  for (let at = own.indexOf("/"); at !== -1; at = own.indexOf("/", at + 1)) end = sent.lastIndexOf("/", end - 1);
  return sent.slice(0, Math.max(0, end));
}

function unmatched(sent: string): string {
  const [first, second, ...rest] = sent.split("/", 4).slice(1);
  const shown = [first, second].filter((segment) => segment !== undefined);
  const masked = shown.map((segment) => (PLAIN_PATH.test(`/${segment}`) ? `/${segment}` : "/…"));
  return masked.join("") + (rest.length > 0 ? "/…" : "") || "/";
}
