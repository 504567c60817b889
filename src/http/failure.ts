/**
 * What becomes of a thrown error at a surface: a refusal is told, a fault is logged and hidden. Each surface gives its
 * own encoding of the one `Failure`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorRequestHandler } from "express";
import { type FieldFault, Refusal, type RefusalCode, refusalStatus } from "../base/errors.ts";
import { bearerChallenge } from "./bearer.ts";
import { malformedPath } from "./fallback.ts";
import type { Logger } from "./logger.ts";
import { sendJson } from "./reply.ts";
import { requestId } from "./requestLog.ts";

/** An error as a caller may see it. */
export interface Failure {
  readonly status: number;
  readonly code: RefusalCode | "internal";
  readonly detail: string;
  readonly errors: readonly FieldFault[];
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Members of `Refusal.extra` that HTTP has a header for. */
const headerNames = {
  allow: "Allow",
  accept: "Accept",
  acceptEncoding: "Accept-Encoding",
  retryAfterSeconds: "Retry-After",
} as const;

/** The HTTP status of a thrown error: that of the refusal's code, 500 for a fault. */
export function statusOf(error: unknown): number {
  return error instanceof Refusal ? refusalStatus[error.code] : 500;
}

/** The failure that `error` is to the caller of `req`; a fault, and the cause of a refusal, is logged under the request's id. */
export function failureOf(error: unknown, req: IncomingMessage, log: Logger): Failure {
  const refusal = asRefusal(error);
  if (!refusal) return hiddenFault(error, req, log);
  const { code, extra, errors, message: detail, cause } = refusal;
  if (cause !== undefined) log.error({ id: requestId(req), method: req.method, err: cause }, code);
  return { status: statusOf(refusal), code, detail, errors, extra, headers: headersOf(refusal, req) };
}

/** Express refuses a malformed percent-encoding in a path with a URIError of its own. */
function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  return error instanceof URIError ? malformedPath() : undefined;
}

function hiddenFault(error: unknown, req: IncomingMessage, log: Logger): Failure {
  const reference = requestId(req);
  log.error({ id: reference, method: req.method, err: error }, "fault");
  const detail = `The server failed to answer. Try again later; when you report it, quote the reference ${reference}.`;
  return { status: 500, code: "internal", detail, errors: [], extra: { reference }, headers: {} };
}

function headersOf(refusal: Refusal, req: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  // RFC 9110 §15.5.2: a 401 "MUST send a WWW-Authenticate header field".
  if (refusal.code === "unauthenticated") headers["WWW-Authenticate"] = bearerChallenge(req);
  for (const [member, header] of Object.entries(headerNames)) {
    const value = refusal.extra[member];
    if (typeof value === "string" || typeof value === "number") headers[header] = String(value);
  }
  return headers;
}

/** Ends an answer with what was thrown on the way to it. */
type Failing = (error: unknown, req: IncomingMessage, res: ServerResponse) => void;

/**
 * How a surface tells what went wrong.
 *
 * @param type media type of the documents that `encode` makes
 */
export function failing(log: Logger, type: string, encode: (failure: Failure, error: unknown) => unknown): Failing {
  return (error, req, res) => {
    const failure = failureOf(error, req, log);
    if (res.headersSent) {
      // Half an answer cannot be taken back; cutting the connection tells the client that it is not whole.
      res.destroy();
      return;
    }
    for (const [name, value] of Object.entries(failure.headers)) res.setHeader(name, value);
    res.setHeader("X-Request-Id", requestId(req));
    sendJson(res, failure.status, type, encode(failure, error));
  };
}

/** The same as the error handler of an express surface, mounted last in it. */
export function errorHandler(...surface: Parameters<typeof failing>): ErrorRequestHandler {
  const fail = failing(...surface);
  return (error: unknown, req, res, _next) => fail(error, req, res);
}
