/** What a member was given by hand beside their roles: permissions on everything, and on single resources. */
import { everything, mayGrant, onResource, type PermissionAreas } from "../../admission/permissions.ts";
import { Refusal, type FieldFault } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { noSuchMember } from "../members/changeMember.ts";
import {
  grantsOfMember,
  holdMember,
  holdResources,
  writePermissions,
  writeResourceGrants,
  type GrantsRow,
  type ResourceGrant,
} from "./grants.store.ts";
import { checkDeclaredIn } from "./permissionAreas.ts";

/** All that a member is to have by hand. */
export interface Grants {
  readonly permissions: readonly string[];
  readonly resources: readonly ResourceGrant[];
}

/**
 * What a member was given by hand.
 *
 * @throws Refusal `not_found`
 */
export async function readGrants(db: Database, who: Pick<Who, "tenantId">, memberId: string): Promise<GrantsRow> {
  const [[found]] = await onceInTenant(db, who, grantsOfMember(who.tenantId, memberId));
  if (!found) throw noSuchMember(memberId);
  return found;
}

/**
 * Replaces what a member was given by hand, each list whole, where it is given; it counts at their next request. What
 * they have already writes and records nothing. Whom a directory manages, too, may be given extras (rule 14).
 *
 * @throws Refusal `not_found`, `invalid_request` with a path for each fault, `forbidden` for what the caller does not have,
 * be it given or taken (rule 16)
 */
export async function editGrants(
  db: Database,
  who: AdminWho,
  memberId: string,
  change: Partial<Grants>,
): Promise<GrantsRow> {
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId, now } = scope;
    const [held] = await trx.run(holdMember(tenantId, memberId));
    const [before] = await trx.run(grantsOfMember(tenantId, memberId));
    if (!held || !before) throw noSuchMember(memberId);
    const wanted = { ...before, ...change };
    const moved = difference(asPermissions(before), asPermissions(wanted));
    if (moved.added.length + moved.removed.length === 0) return before;
    await checkGiven(scope, { permissions: [], resources: [], ...change });
    checkOwn(who, [...moved.added, ...moved.removed]);
    await trx.run(writePermissions(tenantId, memberId, wanted.permissions, now));
    await trx.run(writeResourceGrants(tenantId, memberId, wanted.resources));
    await record(scope, event(scope, "member.grants_changed", { type: "member", id: memberId }, moved));
    const [after = before] = await trx.run(grantsOfMember(tenantId, memberId));
    return after;
  });
}

function asPermissions({ permissions, resources }: Grants): string[] {
  const scoped = resources.flatMap(({ area, id, actions }) =>
    actions.map((action) => onResource(`${area}:${action}`, id)),
  );
  return [...permissions, ...scoped];
}

function difference(before: readonly string[], after: readonly string[]): { added: string[]; removed: string[] } {
  const [was, is] = [new Set(before), new Set(after)];
  return { added: [...is].filter((each) => !was.has(each)), removed: [...was].filter((each) => !is.has(each)) };
}

async function checkGiven(scope: Scope, { permissions, resources }: Grants): Promise<void> {
  await checkDeclaredIn(scope, permissions, "/permissions");
  refuseIfAny(permissions.flatMap(everythingFault));
  const all = resources.flatMap(({ area, actions }) => actions.map((action) => `${area}:${action}`));
  const declared = await asPlaces(resources, checkDeclaredIn(scope, all, ""));
  const there = await scope.trx.run(holdResources(scope.tenantId, resources));
  const known = new Set(there.map(({ area, id }) => onResource(area, id)));
  const errors = resources.flatMap((grant, index) => resourceFault(grant, index, { declared, known }));
  const names = resources.map(({ area, id }) => onResource(area, id));
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) errors.push({ path: `/resources/${index}`, message: `'${name}' is given twice.` });
  });
  refuseIfAny(errors);
}

/** Faults of the flat list, at the places of the body. */
async function asPlaces(
  resources: readonly ResourceGrant[],
  check: Promise<PermissionAreas>,
): Promise<PermissionAreas> {
  try {
    return await check;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const places = resources.flatMap(({ actions }, at) => actions.map((_, n) => `/resources/${at}/actions/${n}`));
    const errors = error.errors.map(({ path, message }) => ({ path: places[Number(path.slice(1))] ?? path, message }));
    throw new Refusal(error.code, error.message, { errors });
  }
}

/** Who administers is told by roles alone (rule 17). */
function everythingFault(permission: string, index: number): FieldFault[] {
  if (permission !== everything) return [];
  return [
    { path: `/permissions/${index}`, message: "Everything is a role's to hold: give a role that has it, as admin." },
  ];
}

function resourceFault(
  { area, id }: ResourceGrant,
  index: number,
  { declared, known }: { declared: PermissionAreas; known: ReadonlySet<string> },
): FieldFault[] {
  if (declared.get(area)?.scoped !== true) {
    const message = `'${area}' is not given on single resources; write it under permissions.`;
    return [{ path: `/resources/${index}/area`, message }];
  }
  if (known.has(onResource(area, id))) return [];
  const message = `There is no '${id}' of ${area} here; the application tells of it at /resources/${area}/${id} first.`;
  return [{ path: `/resources/${index}/id`, message }];
}

function refuseIfAny(errors: readonly FieldFault[]): void {
  if (errors.length === 0) return;
  throw new Refusal("invalid_request", errors.map(({ message }) => message).join(" "), { errors });
}

/** Rule 16 */
function checkOwn({ permissions }: AdminWho, moved: readonly string[]): void {
  const above = moved.filter((permission) => !mayGrant(permissions, [permission]));
  if (above.length === 0) return;
  const words = `You cannot give or take ${above.slice(0, 5).join(", ")}: you do not have it yourself. Ask someone who has.`;
  throw new Refusal("forbidden", words);
}
