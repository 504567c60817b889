import type { SsoConnection } from "../types.ts";
import { refused } from "./refusal.ts";

/** Claims by name; read with `claim` alone. */
export type Claims = Readonly<Record<string, unknown>>;

/** A claim of that very name: nothing that every object inherits, and no path into another. */
export function claim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** Longer ones are no names, and fill pages. */
const MOST_CHARACTERS = 256;

/** A text that can be shown and stored; null for anything else. */
export function text(value: unknown, most = MOST_CHARACTERS): string | null {
  if (typeof value !== "string" || /[\p{Cc}\p{Cs}]/u.test(value)) return null;
  const trimmed = value.trim();
  return trimmed.length > 0 && trimmed.length <= most ? trimmed : null;
}

/** A claim of one text or of several; null for anything else. */
export function texts(value: unknown): readonly string[] | null {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every((each) => typeof each === "string") ? values : null;
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

/** `hasgroups` is Entra ID's shorter form of the same. */
function isPointed(claims: Claims, name: string): boolean {
  const pointers = claim(claims, "_claim_names");
  const isNamed = typeof pointers === "object" && pointers !== null && Object.hasOwn(pointers, name);
  return isNamed || (name === "groups" && claim(claims, "hasgroups") === true);
}
