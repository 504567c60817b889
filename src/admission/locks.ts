/** Rule 14: what a directory decided of a member is not edited by hand. */
import { Refusal } from "../base/errors.ts";
import type { Standing } from "./types.ts";

/** Fields of a member that stay in human hands; all others of a managed member are the directory's. */
const FREE: readonly string[] = ["roles", "hold", "breakGlass", "teams", "preferences"];

/**
 * Refuses edits of the directory's attributes on a managed member; `hold` is always allowed.
 *
 * @param fields names of the fields that would change
 * @throws Refusal `managed_by_directory`
 */
export function checkEditable(member: Pick<Standing, "managed">, fields: readonly string[]): void {
  const locked = member.managed ? fields.filter((field) => !FREE.includes(field)) : [];
  if (locked.length === 0) return;
  throw new Refusal(
    "managed_by_directory",
    `A directory manages this member: change ${locked.join(", ")} there, and it arrives here with the next push.`,
  );
}

/**
 * Refuses removal by hand: it is the directory's.
 *
 * @throws Refusal `managed_by_directory`
 */
export function checkRemovable(member: Pick<Standing, "managed">): void {
  if (!member.managed) return;
  throw new Refusal(
    "managed_by_directory",
    "A directory manages this member: remove the person there. To stop their access at once, set hold.",
  );
}

/**
 * The grants that a hand-written list of roles means: the mapped role stays what the mapping makes it, everything else
 * is a manual extra that survives.
 *
 * @throws Refusal `managed_by_directory` where the list leaves out the mapped role
 */
export function grantsOf(member: Pick<Standing, "mapped" | "granted">, roles: readonly string[]): string[] {
  const { mapped, granted } = member;
  if (mapped !== null && !roles.includes(mapped)) {
    throw new Refusal(
      "managed_by_directory",
      `A mapping gives this member the role '${mapped}': keep it in the list, or change the person's groups or the mapping.`,
    );
  }
  return [...new Set(roles)].filter((role) => role !== mapped || granted.includes(role));
}
