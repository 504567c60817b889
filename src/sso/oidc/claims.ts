import type { SsoConnection } from "../types.ts";
import { refused } from "./refusal.ts";

/** Claims by name; read with `claim` alone. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The claim of that very name or, where the name is a JSON Pointer (RFC 6901) as `/realm_access/roles`, the value that
 * it leads to. A path and nothing more: it is not evaluated, and reaches nothing that every object inherits.
 */
export function claim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.startsWith("/") ? pointed(claims, segmentsOf(name)) : undefined;
}

function pointed(value: unknown, [segment, ...more]: readonly string[]): unknown {
  if (segment === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
  // The length of a list is its own, and no value of it (RFC 6901 §4: digits alone lead into an array).
  if (Array.isArray(value) && !/^\d+$/.test(segment)) return undefined;
  return pointed((value as Claims)[segment], more);
}

/** RFC 6901 §4: `~1` first, then `~0`. */
function segmentsOf(pointer: string): string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The values of a claim as an admin is shown them. */
export function shownValues(value: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((each) => (Array.isArray(each) ? [JSON.stringify(each)] : shownValues(each)));
  return [typeof value === "string" ? value : JSON.stringify(value)];
}

/** A claim of one text or of several, each without controls, which no database keeps; null for anything else. */
export function texts(value: unknown): readonly string[] | null {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every((each) => typeof each === "string" && !/[\p{Cc}\p{Cs}]/u.test(each))
    ? (values as string[])
    : null;
}

/**
 * What is asserted of groups. Entra ID puts a pointer in the place of more than 200 groups (OpenID Connect Core
 * §5.6.2): it is never followed, for it is an address of somebody else's choice.
 *
 * @throws SignInRefused oidc_groups for a claim that is no list of texts
 */
export function groupsOf(
  claims: Claims,
  { groupsClaim }: SsoConnection,
): "absent" | "overage" | { values: readonly string[] } {
  if (groupsClaim === null) return "absent";
  if (isPointed(claims, groupsClaim)) return "overage";
  const value = claim(claims, groupsClaim);
  if (value === undefined || value === null) return "absent";
  const values = texts(value);
  if (!values) throw refused("oidc_groups", `The claim ${groupsClaim} is no list of texts.`);
  return { values };
}

/** The pointer stands in place of the whole claim, also where a path leads into it; `hasgroups` is Entra ID's shorter form of the same. */
function isPointed(claims: Claims, path: string): boolean {
  const [name = path] = path.startsWith("/") ? segmentsOf(path) : [];
  const pointers = claim(claims, "_claim_names");
  const isNamed = typeof pointers === "object" && pointers !== null && Object.hasOwn(pointers, name);
  return isNamed || (name === "groups" && claim(claims, "hasgroups") === true);
}
