import { Refusal } from "../base/errors.ts";
import { isApplicationOrigin } from "../directory/applications/applications.ts";
import type { Access } from "./options.ts";

const MAX_LENGTH = 2000;

/**
 * Where to go after the sign-in: a path of this server, or an address of an application of ours.
 *
 * @throws Refusal `invalid_request`
 */
export async function returnTarget({ db, now }: Access, wanted: string | undefined): Promise<string> {
  if (wanted === undefined || wanted.length > MAX_LENGTH || !/^https?:\/\/[^\\\s\p{Cc}]+$/u.test(wanted)) {
    return returnPath(wanted);
  }
  const url = URL.canParse(wanted) ? new URL(wanted) : undefined;
  if (!url || url.username !== "" || url.password !== "" || !(await isApplicationOrigin(db, url.origin, now()))) {
    return returnPath(wanted);
  }
  return url.href;
}

/**
 * Where to go after the sign-in: a path of this server.
 *
 * What begins with two slashes or a backslash is another host to a browser, and control characters are cut out by it
 * before it looks (WHATWG URL §4.4), so that nothing of the kind may stand anywhere.
 *
 * @throws Refusal `invalid_request`
 */
function returnPath(wanted: string | undefined): string {
  if (wanted === undefined || wanted === "") return "/";
  const isPath = /^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(wanted) && wanted.length <= MAX_LENGTH;
  if (!isPath)
    throw new Refusal(
      "invalid_request",
      "return_to must be a path of this server, such as /projects, or an address of a registered application",
    );
  return wanted;
}
