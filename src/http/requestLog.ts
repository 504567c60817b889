/** One log line and one measurement for each request, on the way of every request: it must stay cheap. */
import type { IncomingMessage } from "node:http";
import type { Request, RequestHandler } from "express";
import { newId } from "../base/ids.ts";
import type { Logger } from "./logger.ts";
import type { Observe } from "./metrics.ts";

/** The answer did not reach the client, which had gone; nginx's number for it. */
const CLIENT_GONE = 499;
const REQUEST_ID = Symbol("request id");
const PLAIN_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$/;

/** The id of this request (UUIDv7), made when first asked for; what a client calls its request is not trusted. */
export function requestId(req: IncomingMessage & { [REQUEST_ID]?: string }): string {
  return (req[REQUEST_ID] ??= newId(new Date()));
}

/** Writes method, route, status and milliseconds of each request at `info`, and gives them to `observe`. */
export function requestLog(log: Logger, observe: Observe): RequestHandler {
  // Only our own fields are in these lines, so they are spared the search for secrets.
  const lines = log.child({}, { redact: [] });
  return (req, res, next) => {
    const start = performance.now();
    res.once("close", () => {
      const ms = performance.now() - start;
      const status = res.writableFinished ? res.statusCode : CLIENT_GONE;
      observe(req.originalUrl, req.method, status, ms / 1000);
      if (!lines.isLevelEnabled("info")) return;
      const rounded = Math.round(ms * 100) / 100;
      lines.info({ id: requestId(req), method: req.method, route: routeOf(req), status, ms: rounded }, "request");
    });
    next();
  };
}

/**
 * The pattern of the matched route, as `/scim/v2/Users/:id`. Of a path that matched none two segments are shown, which
 * is enough to see a wrong base URL; the rest may be somebody's name.
 */
function routeOf(req: Request): string {
  const pattern: unknown = req.route?.path;
  if (typeof pattern === "string") return req.baseUrl + pattern;
  const [path = ""] = req.originalUrl.split("?", 1);
  const [, first = "", second = "", ...rest] = path.split("/", 4);
  const shown = [first, second].filter((segment) => segment !== "").map(plainSegment);
  return `/${shown.join("/")}${rest.length > 0 ? "/…" : ""}`;
}

function plainSegment(segment: string): string {
  return PLAIN_SEGMENT.test(segment) ? segment : "…";
}
