/**
 * What a caller may know of a failure.
 *
 * A `Refusal` is an answer: it has a stable code, and words that tell the reader what to do. Anything else that is
 * thrown is a fault: it is logged with its cause and hidden from the caller.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** Faults of a body, one for each place: `path` is a JSON Pointer. */
  readonly errors: readonly FieldFault[];
  /** More members for the error document, for instance the contact to ask for a seat. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: RefusalCode, detail: string, more: RefusalMore = {}) {
    super(detail, more.cause === undefined ? {} : { cause: more.cause });
    this.name = "Refusal";
    this.code = code;
    this.errors = more.errors ?? [];
    this.extra = { ...more.extra };
  }
}

/** What a refusal may bring besides; `cause` is logged and hidden, for what is not the caller's doing. */
interface RefusalMore {
  readonly errors?: readonly FieldFault[];
  readonly extra?: object;
  readonly cause?: unknown;
}

/** One fault of a request body: `path` is a JSON Pointer (RFC 6901) into it. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** The stable codes of refusals, as callers see them; `refusalStatus` says which HTTP status each has. */
export type RefusalCode = keyof typeof refusalStatus;

/** The one table code → HTTP status, for every surface. */
export const refusalStatus = {
  invalid_request: 400,
  unauthenticated: 401,
  second_factor_required: 401,
  proof_required: 403,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  seat_limit_reached: 409,
  email_exists: 409,
  user_name_exists: 409,
  slug_exists: 409,
  name_exists: 409,
  last_admin: 409,
  managed_by_directory: 409,
  domain_taken: 409,
  domain_not_verified: 409,
  conflict: 409,
  invitation_expired: 410,
  precondition_failed: 412,
  content_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  invitation_quota_exceeded: 429,
  not_implemented: 501,
  unavailable: 503,
} as const;

/** Narrows to a refusal that has this code. */
export function isRefusal(error: unknown, code?: RefusalCode): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code);
}
