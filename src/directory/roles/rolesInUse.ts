/** The end of a role: refused while it is in use, unless another one takes its place everywhere. */
import { checkMayGrant, checkRole } from "../../admission/roles.ts";
import { lastAdmin } from "../../admission/lastAdmin.ts";
import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Handler, NewJob } from "../../events/jobs.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { decideAnew, MOST_AT_ONCE } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import type { Member } from "../members/member.ts";
import { advanceRules, ownRole, type RoleKind } from "./roles.ts";
import { deleteRoleRow, storedRoles, type StoredRole } from "./roles.store.ts";
import { carryOutRoles } from "./rolesEffects.ts";
import {
  adminsWithout,
  holdersAfter,
  moveReferences,
  retireRole,
  roleUses,
  type RoleUses,
} from "./rolesInUse.store.ts";
import { nextRulesVersion } from "./rules.store.ts";
import { rulesWithin, type TenantRules } from "./rules.ts";
import { relocked, underLock, type Locked } from "../members/underLock.ts";

const REPLACE = "roles.replace";
const AGAIN_MS = 60_000;

/**
 * Deletes a role. Where it is in use another must take its place: in mappings, settings, domains and roles at once, on
 * members in the same transaction where they are few, else by a job (rule 3). A replacement that needs a seat asks for
 * one as an admin's bulk change does; who gets none has the fallback role.
 *
 * @throws Refusal `not_found`, `conflict` (in use, or built in), `invalid_request` for another that cannot take its
 * place, `forbidden` (rule 16), `last_admin`
 */
export async function deleteRole(
  db: Database,
  who: AdminWho,
  kind: RoleKind,
  slug: string,
  replaceWith?: string,
): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const stored = await scope.trx.run(storedRoles(scope.tenantId));
    const role = ownRole(stored, kind, slug);
    checkMayGrant(locked.rules.rules.roles, who.permissions, [slug]);
    const [uses] = await scope.trx.run(roleUses(scope.tenantId, slug));
    checkNoSuccessor(stored, slug);
    const inUse = uses !== undefined && isUsed(uses);
    if (inUse && replaceWith === undefined) throw stillUsed(slug, uses);
    if (replaceWith !== undefined) checkReplacement(locked, stored, role, replaceWith, who.permissions);
    const told = { slug, template: role.template, name: role.name, replacedBy: replaceWith ?? null };
    await record(scope, event(scope, "role.deleted", { type: "role", id: null }, told));
    if (!inUse || replaceWith === undefined) return erase(scope, slug);
    await replace(scope, locked, { slug, to: replaceWith }, uses.members);
  });
}

/** A job still gives this role to the members of one that was deleted: they would be left with none. */
function checkNoSuccessor(stored: readonly StoredRole[], slug: string): void {
  const waiting = stored.find(({ replacedBy }) => replacedBy === slug);
  if (!waiting) return;
  const words = `'${slug}' is taking the place of '${waiting.slug}' on members. Wait until that is done, then delete it.`;
  throw new Refusal("conflict", words);
}

function isUsed({ members, mappings, settings, heirs, domains }: RoleUses): boolean {
  return settings || members + mappings + heirs + domains > 0;
}

function stillUsed(slug: string, uses: RoleUses): Refusal {
  const { members, mappings, heirs, domains } = uses;
  const places = Object.entries({ members, mappings, "roles that extend it": heirs, domains })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what}: ${count}`);
  const all = [...places, ...(uses.settings ? ["the settings of seats"] : [])].join(", ");
  const words = `'${slug}' is in use (${all}). Name the role that takes its place, as ?replaceWith=member, or end its use.`;
  return new Refusal("conflict", words, { extra: { uses } });
}

/** Another of the same kind, which the caller may give, and by which no role comes to extend itself. */
function checkReplacement(
  { rules }: Locked,
  stored: readonly StoredRole[],
  role: StoredRole,
  to: string,
  held: readonly string[],
): void {
  const { roles } = rules.rules;
  const other = roles.get(to);
  const retired = stored.some(({ slug, replacedBy }) => slug === to && replacedBy !== null);
  if (to === role.slug || retired || other?.template !== role.template) {
    const message = `'${to}' cannot take the place of '${role.slug}': name another one of the same kind that is here.`;
    throw new Refusal("invalid_request", message, { errors: [{ path: "/replaceWith", message }] });
  }
  checkMayGrant(roles, held, [to]);
  const rest = stored
    .filter(({ slug }) => slug !== role.slug)
    .map((each) => (each.extends === role.slug ? { ...each, extends: to } : each));
  for (const each of rest) {
    if (each.extends === to)
      checkRole(
        each,
        rest.filter(({ slug }) => slug !== each.slug),
      );
  }
}

/** Rule 17, a person's act: somebody surely administers afterwards, whatever seats there are. */
async function keepAdmin(scope: Scope, { rules, adminRoles }: TenantRules, slug: string, to: string): Promise<void> {
  if (!adminRoles.includes(slug)) return;
  const replacement = { administers: adminRoles.includes(to), needsSeat: rules.roles.get(to)?.seatRequired === true };
  const others = adminRoles.filter((role) => role !== slug);
  const [admins] = await scope.trx.run(adminsWithout(scope.tenantId, slug, others, replacement));
  if (admins && admins.before > 0) lastAdmin({ before: true, after: false, otherAdmins: admins.after }, "act");
}

interface Replacement {
  readonly slug: string;
  readonly to: string;
}

async function replace(scope: Scope, locked: Locked, { slug, to }: Replacement, members: number): Promise<void> {
  const { trx, tenantId, now } = scope;
  await trx.run(retireRole(tenantId, slug, to, now));
  await trx.run(moveReferences(tenantId, slug, to, now));
  await advanceRules(scope);
  const rules = await rulesWithin(scope);
  await keepAdmin(scope, rules, slug, to);
  await carryOutRoles(scope, locked);
  if (members > MOST_AT_ONCE) return enqueue(scope, replaceJob({ slug, to }));
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    after = await replaceAfter(scope, rules, { slug, to, after });
  }
}

/** Roles that end do not wait for each other. */
function replaceJob(payload: Replacement & { readonly after?: string }): NewJob {
  return { kind: REPLACE, key: `${REPLACE}:${payload.slug}`, payload: { ...payload } };
}

/**
 * Gives the members after an id the other role, and ends the role behind the last of them.
 *
 * @returns the last of those, where there may be more
 */
async function replaceAfter(
  scope: Scope,
  rules: TenantRules,
  { slug, to, after }: Replacement & { readonly after: string },
): Promise<string | undefined> {
  const { trx, tenantId, now } = scope;
  const holders = await trx.run(holdersAfter(tenantId, slug, after, MOST_AT_ONCE));
  await decideAnew(scope, await relocked(scope, { rules }), holders, (member) => given(member, slug, to), "admin");
  if (holders.length === MOST_AT_ONCE) return holders.at(-1)?.id;
  const [uses] = await trx.run(roleUses(tenantId, slug));
  if (uses && uses.members > 0) {
    // Given while a job ran, or kept by a last admin (rule 17): again in a while.
    await enqueue(scope, { ...replaceJob({ slug, to }), runAt: new Date(now.getTime() + AGAIN_MS) });
    return undefined;
  }
  await trx.run(moveReferences(tenantId, slug, to, now));
  await erase(scope, slug);
  return undefined;
}

/** What was a newcomer's default is a grant from now on: the default is not given twice (rule 8). */
function given(member: Member, slug: string, to: string): Member {
  const moved = (roles: readonly string[]): string[] => [...new Set(roles.map((role) => (role === slug ? to : role)))];
  const byDefault = member.reasons.some((reason) => reason.code === "defaultRole" && reason.role === slug);
  const granted = byDefault ? [...member.granted, slug] : member.granted;
  return { ...member, granted: moved(granted), lastAdminHold: moved(member.lastAdminHold) };
}

async function erase({ trx, tenantId }: Scope, slug: string): Promise<void> {
  await trx.run(deleteRoleRow(tenantId, slug));
  await trx.run(nextRulesVersion(tenantId));
}

/** The handler that gives many members the other role, a thousand in each transaction; done again it changes nothing. */
export function roleReplacement(db: Database): Record<typeof REPLACE, Handler> {
  return {
    [REPLACE]: {
      within: async (scope, { payload }) => {
        const { rules } = await underLock(db, scope);
        const { slug, to, after = FIRST_ID } = payload as unknown as Replacement & { readonly after?: string };
        if (!rules.rules.roles.has(slug)) return;
        const last = await replaceAfter(scope, rules, { slug, to, after });
        if (last) await enqueue(scope, replaceJob({ slug, to, after: last }));
      },
    },
  };
}
