/** Problem details (RFC 9457): the error documents of the admin API. */
import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler } from "express";
import { errorHandler, type Failure } from "./failure.ts";
import type { Logger } from "./logger.ts";

/** The error handler of JSON surfaces other than SCIM. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return errorHandler(log, "application/problem+json", problemOf);
}

/**
 * The problem document of a failure. `type` is a name and not a page: RFC 9457 §3.1.1 makes it the primary identifier,
 * so it says the same as `code` does for those who switch on that.
 */
function problemOf(failure: Failure): Record<string, unknown> {
  return {
    ...failure.extra,
    type: `/problems/${failure.code}`,
    title: STATUS_CODES[failure.status] ?? "Error",
    status: failure.status,
    detail: failure.detail,
    code: failure.code,
    ...(failure.errors.length > 0 ? { errors: failure.errors } : {}),
  };
}
