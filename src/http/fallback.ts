/** What answers where no route does, in the surface's own form of error. */
import type { RequestHandler } from "express";
import { Refusal } from "../base/errors.ts";

/** For the end of a surface: no route has this path. */
export const notFound: RequestHandler = () => {
  throw nothingHere();
};

/** The refusal of a path that nothing answers. */
export function nothingHere(): Refusal {
  return new Refusal("not_found", "There is nothing at this path. Check the URL.");
}

/** The refusal of a path that cannot be decoded. */
export function malformedPath(): Refusal {
  return new Refusal("invalid_request", "The path holds a malformed percent-encoding. Encode it as UTF-8 (RFC 3986).");
}

/** For the end of a path's routes: `allowed` are the methods that it has. */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
  return (req) => {
    throw notAllowed(req.method, allowed);
  };
}

/** The refusal of a method that a path has not; `allowed` for the Allow header (RFC 9110 §15.5.6). */
export function notAllowed(method: string, allowed: readonly string[]): Refusal {
  const allow = allowed.join(", ");
  return new Refusal("method_not_allowed", `${method} is not possible here. Use ${allow}.`, { extra: { allow } });
}
