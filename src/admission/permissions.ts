/** Permissions are strings `<area>:<verb>`; applications bring areas of their own, so nothing here lists what may be. */

/** Everything. */
export const everything = "*";

/** Usher's own areas and verbs, for forms and documents. */
export const areas = [
  "members",
  "roles",
  "teams",
  "invitations",
  "seats",
  "directories",
  "scimTokens",
  "apiKeys",
  "connections",
  "domains",
  "mappings",
  "webhooks",
  "events",
  "settings",
  "contact",
] as const;
export const verbs = ["view", "create", "edit", "delete", "manage", "export"] as const;

const WELL_FORMED = /^(?:\*|[a-z][A-Za-z0-9]{0,63}:[a-z][A-Za-z0-9]{0,63})$/;

/** Whether this is a permission in form, of whichever application: `*` or `<area>:<verb>`. */
export function isPermission(text: string): boolean {
  return WELL_FORMED.test(text);
}

/** Whether who holds these may do what needs that: the same, `manage` of its area, or `*`. */
export function permits(held: readonly string[], needed: string): boolean {
  if (held.includes(everything) || held.includes(needed)) return true;
  const colon = needed.indexOf(":");
  return colon > 0 && held.includes(`${needed.slice(0, colon)}:manage`);
}

/**
 * Rule 16: who names or edits a role, by whichever write, must have all that the role has. Ask with the permissions of
 * the catalogue's roles, which include the inherited ones.
 */
export function mayGrant(held: readonly string[], granted: readonly string[]): boolean {
  return granted.every((permission) => permits(held, permission));
}

const ADMIN_EQUIVALENT: readonly string[] = ["connections", "scimTokens", "domains", "mappings", "apiKeys"];

/** Rule 16: who may change how people come in can make anyone an admin; only looking and listing are less. */
export function isAdminEquivalent(permission: string): boolean {
  if (permission === everything) return true;
  const [area = "", verb = ""] = permission.split(":");
  return ADMIN_EQUIVALENT.includes(area) && verb !== "view" && verb !== "export";
}
