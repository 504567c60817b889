import { isDeepStrictEqual } from "node:util";
import { checkMappings, groupNamed } from "../../admission/mappings.ts";
import { checkMayGrant } from "../../admission/roles.ts";
import type { GroupRef, Mapping } from "../../admission/types.ts";
import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Handler } from "../../events/jobs.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { applyEffects, MOST_AT_ONCE, REAPPLY_JOB } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import { conditionOf } from "./mappingCondition.ts";
import { continueReconciliation, queueReconciliation, reapplyAfter } from "./reconciliation.ts";
import { connectionIds, groupNames, memberIdsAfter, readMappings, writeMappings } from "./roleMappings.store.ts";
import type { StoredMapping } from "./rules.store.ts";
import { underLock, type Locked } from "../members/underLock.ts";

/** A mapping as it is written: a group by name or id, an SSO claim value, or a condition as a SCIM filter. */
export type WrittenMapping =
  | { readonly group: string | { readonly id: string }; readonly role: string }
  | { readonly group: { readonly claim: string; readonly connectionId: string }; readonly role: string }
  | { readonly when: string; readonly role: string };

/** The ordered list as it was written. */
export async function readRoleMappings(db: Database, who: Who): Promise<WrittenMapping[]> {
  const [[row]] = await onceInTenant(db, who, readMappings(who.tenantId));
  return (row?.mappings ?? []).map(({ written }) => written as WrittenMapping);
}

/**
 * Replaces the ordered list of mappings (rule 11) and carries it out: in this transaction where the tenant is small,
 * else by a job that is queued in it. The list that stands already writes and records nothing.
 *
 * @param held the permissions of who writes it (rule 16)
 * @returns the reconciliation by which a job carries it out; null where there is nothing left to do
 * @throws Refusal `invalid_request` with a JSON Pointer for each fault; `forbidden`
 */
export async function writeRoleMappings(
  db: Database,
  who: Who,
  written: readonly WrittenMapping[],
  held: readonly string[],
): Promise<string | null> {
  return inTenant(db, who, async (scope) => {
    const { tenantId, trx, now } = scope;
    const locked = await underLock(db, scope);
    const stored = await resolveMappings(scope, written);
    const mappings = stored.map(({ mapping }) => mapping);
    const { roles } = locked.rules.rules;
    checkMappings(mappings, roles);
    const given = written.map(({ role }) => role);
    checkMayGrant(roles, held, given);
    const [before] = await trx.run(readMappings(tenantId));
    if (isDeepStrictEqual(before?.mappings, stored)) return null;
    await trx.run(writeMappings(tenantId, stored, now));
    await record(scope, event(scope, "mappings.changed", { type: "tenant", id: tenantId }, { mappings: written }));
    return carryOut(scope, withMappings(locked, mappings));
  });
}

/** The lock as it is once these mappings are written. They are in no cache, for the transaction may yet fail. */
function withMappings({ seats, rules }: Locked, mappings: readonly Mapping[]): Locked {
  const rulesVersion = seats.rulesVersion + 1;
  return {
    seats: { ...seats, rulesVersion },
    rules: { ...rules, rules: { ...rules.rules, mappings }, version: rulesVersion },
  };
}

/** @returns the job's reconciliation, where it is a job's */
async function carryOut(scope: Scope, locked: Locked): Promise<string | null> {
  const ids = await scope.trx.run(memberIdsAfter(scope.tenantId, FIRST_ID, MOST_AT_ONCE + 1));
  if (ids.length > MOST_AT_ONCE) return (await queueReconciliation(scope, "mappings")).id;
  const all = ids.map(({ id }) => id);
  await applyEffects(scope, locked, all);
  return null;
}

/** Whom the job is about: these, or those of a reconciliation; `after` is of a job that an earlier version queued. */
interface Reapply {
  readonly ids?: readonly string[];
  readonly reconciliationId?: string;
  readonly after?: string;
}

/** The handler of `REAPPLY_JOB`: decides anew on the members that the job names, or goes on with a reconciliation. */
export function roleEffects(db: Database): Record<typeof REAPPLY_JOB, Handler> {
  return {
    [REAPPLY_JOB]: {
      within: async (scope, { payload }) => {
        const locked = await underLock(db, scope);
        const { ids, reconciliationId, after = FIRST_ID } = payload as Reapply;
        if (ids) return void (await applyEffects(scope, locked, ids));
        if (reconciliationId !== undefined) return continueReconciliation(scope, locked, reconciliationId);
        const chunk = await reapplyAfter(scope, locked, after);
        if (chunk.ids.length < MOST_AT_ONCE) return;
        await enqueue(scope, { kind: REAPPLY_JOB, key: REAPPLY_JOB, payload: { after: chunk.ids.at(-1) } });
      },
    },
  };
}

/**
 * The mappings that admission reads: names become ids (rule 12), filters become conditions.
 *
 * @throws Refusal `invalid_request`
 */
export async function resolveMappings(
  scope: Pick<Scope, "trx" | "tenantId">,
  written: readonly WrittenMapping[],
): Promise<StoredMapping[]> {
  const { trx, tenantId } = scope;
  const groups = await trx.run(groupNames(tenantId));
  const connections = new Set((await trx.run(connectionIds(tenantId))).map(({ id }) => id));
  const there = { groups, connections };
  return written.map((each, index) => ({ written: each, mapping: resolveMapping(each, `/${index}`, there) }));
}

/** What of the tenant a mapping may name. */
interface There {
  readonly groups: Groups;
  readonly connections: ReadonlySet<string>;
}

type Groups = readonly { readonly id: string; readonly displayName: string }[];

function resolveMapping(written: WrittenMapping, at: string, { groups, connections }: There): Mapping {
  const { role } = written;
  if ("when" in written) return { when: conditionOf(written.when, `${at}/when`), role };
  const { group } = written;
  if (typeof group === "string") return { group: named(group, at, groups), role };
  if ("claim" in group) {
    const connectionId = group.connectionId.toLowerCase();
    if (!connections.has(connectionId)) {
      throw faulty(`${at}/group/connectionId`, `There is no connection ${group.connectionId} here.`);
    }
    return { claim: { connectionId, value: group.claim }, role };
  }
  const found = groups.find(({ id }) => id === group.id.toLowerCase());
  if (found) return { group: { ids: [found.id], name: found.displayName }, role };
  throw faulty(`${at}/group/id`, `There is no directory group ${group.id} here.`);
}

function named(name: string, at: string, groups: Groups): GroupRef {
  try {
    return groupNamed(name, groups);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw faulty(`${at}/group`, error.message);
  }
}

function faulty(path: string, message: string): Refusal {
  return new Refusal("invalid_request", message, { errors: [{ path, message }] });
}
