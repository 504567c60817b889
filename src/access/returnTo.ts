import { Refusal } from "../base/errors.ts";

const MAX_LENGTH = 2000;

/**
 * Where to go after the sign-in: a path of this server.
 *
 * What begins with two slashes or a backslash is another host to a browser, and control characters are cut out by it
 * before it looks (WHATWG URL §4.4), so that nothing of the kind may stand anywhere.
 *
 * @throws Refusal `invalid_request`
 */
export function returnPath(wanted: string | undefined): string {
  if (wanted === undefined || wanted === "") return "/";
  const isPath = /^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(wanted) && wanted.length <= MAX_LENGTH;
  if (!isPath) throw new Refusal("invalid_request", "return_to must be a path of this server, such as /projects");
  return wanted;
}
