/** How SCIM tells what went wrong (RFC 7644 §3.12). */
import { isRefusal, Refusal } from "../base/errors.ts";
import type { Failure } from "../http/failure.ts";
import { errorMessage, scimError, type ErrorMessage } from "../scim/messages.ts";

/** 403 for want of a seat: directories take a 409 for "exists already", and would try to match. */
export function asForbidden(error: unknown): unknown {
  return isRefusal(error, "seat_limit_reached") ? new Refusal("forbidden", error.message) : error;
}

/** The Error message of what was thrown; of a fault it tells no more than the failure does. */
export function encode(failure: Failure, error: unknown): ErrorMessage {
  return error instanceof Refusal ? errorMessage(error) : scimError(failure.status, failure.detail);
}
