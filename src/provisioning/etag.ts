import { Refusal } from "../base/errors.ts";

/** The entity tag of a version: weak, for two answers of one version may differ in what they show (RFC 7644 §3.14). */
export function etagOf(version: number): string {
  return `W/"${version}"`;
}

/**
 * Whether a list of entity tags names this version. RFC 9110 §13.1.1 compares If-Match strongly, by which no weak tag
 * ever matches; RFC 7644 §3.14 means its weak ones to, so both headers compare weakly here.
 */
export function namesVersion(header: string, version: number): boolean {
  const current = etagOf(version).slice(2);
  return header.split(",").some((tag) => {
    const asked = tag.trim();
    return asked === "*" || asked.replace(/^W\//, "") === current;
  });
}

/** Refuses a write whose If-Match names another version. @throws Refusal `precondition_failed` */
export function checkIfMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || namesVersion(ifMatch, version)) return;
  throw new Refusal(
    "precondition_failed",
    `the resource has changed: its version is ${etagOf(version)}; read it again`,
  );
}
