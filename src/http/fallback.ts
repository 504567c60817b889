/** What answers where no route does, in the surface's own form of error. */
import type { RequestHandler } from "express";
import { Refusal } from "../base/errors.ts";

/** For the end of a surface: no route has this path. */
export const notFound: RequestHandler = () => {
  throw new Refusal("not_found", "There is nothing at this path. Check the URL.");
};

/** For the end of a path's routes: `allowed` are the methods that it has, for the Allow header (RFC 9110 §15.5.6). */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(", ");
  return (req) => {
    throw new Refusal("method_not_allowed", `${req.method} is not possible here. Use ${allow}.`, { extra: { allow } });
  };
}
