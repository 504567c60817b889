import { Refusal } from "../base/errors.ts";

/** The entity tag of a version: weak, for two answers of one version may differ in what they show (RFC 7644 §3.14). */
export function etagOf(version: number): string {
  return `W/"${version}"`;
}

/** RFC 9110 §8.8.3: a comma may stand within a tag, so that a list is not what stands between commas. */
const TAG = String.raw`(?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*"`;
const TAGS = new RegExp(TAG, "g");
/** RFC 9110 §5.6.1: empty elements of a list are ignored. */
const LIST = new RegExp(`^[ \\t,]*${TAG}(?:[ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);

/**
 * Whether If-Match or If-None-Match names this entity tag. RFC 9110 §13.1.1 compares If-Match strongly, by which no weak
 * tag ever matches; RFC 7644 §3.14 means its weak ones to, so both headers compare weakly here. What is no list of tags
 * names none: a write that carries it is refused, and a read is answered in full.
 */
export function namesTag(header: string, current: string): boolean {
  if (header.trim() === "*") return true;
  if (!LIST.test(header)) return false;
  return header.match(TAGS)?.some((tag) => opaque(tag) === opaque(current)) ?? false;
}

/** RFC 9110 §8.8.3.2: weak comparison goes by the opaque tag alone. */
function opaque(tag: string): string {
  return tag.replace(/^W\//, "");
}

/** Refuses a write whose If-Match names another version. @throws Refusal `precondition_failed` */
export function checkIfMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || namesTag(ifMatch, etagOf(version))) return;
  throw new Refusal(
    "precondition_failed",
    `the resource has changed: its version is ${etagOf(version)}; read it again`,
  );
}
