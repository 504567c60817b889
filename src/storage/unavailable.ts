/**
 * A database that cannot be reached is no fault of the request: it is answered 503 with Retry-After, and its cause is
 * logged.
 */
import { DatabaseError } from "pg";
import { Refusal } from "../base/errors.ts";

/** A restart of PostgreSQL takes some seconds, a fail-over some tens. */
const RETRY_AFTER_SECONDS = 5;

/** No connection was to be had in time: nothing has been done. */
export function noConnection(cause: unknown): Refusal {
  return unavailable("The database cannot be reached, or is too busy. Nothing was changed; try again later.", cause);
}

/** The refusal of an error that means a broken connection; any other error as it is. */
export function unlessBroken(error: unknown): unknown {
  if (!isBroken(error)) return error;
  // What was sent before the break may have been committed.
  return unavailable("The connection to the database broke. Look whether the change was made, then try again.", error);
}

/** PostgreSQL's own errors leave the connection usable, but for class 08 and shutdown (57P); all others break it. */
export function isBroken(error: unknown): boolean {
  if (error instanceof DatabaseError) return /^(08|57P)/.test(error.code ?? "");
  if (!(error instanceof Error)) return false;
  return BROKEN_SOCKET.has((error as NodeJS.ErrnoException).code ?? "") || PG_SAYS.test(error.message);
}

const BROKEN_SOCKET: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ERR_STREAM_DESTROYED"]);
/** pg gives these no code. */
const PG_SAYS = /^Connection terminated|^Client (was closed|has encountered a connection error) and is not queryable/;

function unavailable(detail: string, cause: unknown): Refusal {
  return new Refusal("unavailable", detail, { cause, extra: { retryAfterSeconds: RETRY_AFTER_SECONDS } });
}
