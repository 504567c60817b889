import { checkMappings } from "../../admission/mappings.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import type { Pair } from "../members/effectPlans.ts";
import { displayNameOf, type Decidable } from "../members/member.ts";
import { peopleShown } from "./mappingPreview.store.ts";
import { rehearse, type Rehearsal } from "./rehearsal.ts";
import { resolveMappings, type WrittenMapping } from "./roleMappings.ts";
import { rulesWithin } from "./rules.ts";

/** Most people shown of each kind; the numbers are of all. */
export const SHOWN = 50;

/** One person who would change. */
export interface PreviewedMember {
  readonly id: string;
  readonly email: string | null;
  readonly displayName: string;
  readonly roles: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly seat: { readonly before: string; readonly after: string };
}

/** What a list of mappings would do. */
export interface MappingPreview {
  readonly members: number;
  readonly changed: number;
  /** Who comes to hold a seat, loses theirs, or queues; at most 50 of each. */
  readonly gains: readonly PreviewedMember[];
  readonly loses: readonly PreviewedMember[];
  readonly waits: readonly PreviewedMember[];
  /** Who changes without a seat moving, those who would leave the queue among them. */
  readonly others: readonly PreviewedMember[];
  readonly seats: Rehearsal["seats"];
  readonly admins: Rehearsal["admins"] & { readonly affected: readonly PreviewedMember[] };
}

/**
 * What would happen to whom if these were the mappings, with promotions and the last admin as they would come out; writes
 * nothing, and holds up nobody who does.
 *
 * @throws Refusal `invalid_request` as writing them would
 */
export async function previewRoleMappings(
  db: Database,
  who: Who,
  written: readonly WrittenMapping[],
): Promise<MappingPreview> {
  return inTenant(db, who, async (scope) => {
    const rules = await rulesWithin(scope);
    const mappings = (await resolveMappings(scope, written)).map(({ mapping }) => mapping);
    checkMappings(mappings, rules.rules.roles);
    return report(scope, await rehearse(scope, { ...rules, rules: { ...rules.rules, mappings } }));
  });
}

async function report(scope: Scope, { members, changed, seats, admins }: Rehearsal): Promise<MappingPreview> {
  const where = (test: Test): Pair<Decidable>[] => changed.filter((pair) => test(...pair)).slice(0, SHOWN);
  const kinds = {
    gains: where((before, after) => before.seat !== "held" && after.seat === "held"),
    loses: where((before, after) => before.seat === "held" && after.seat !== "held"),
    waits: where((before, after) => before.seat !== "waiting" && after.seat === "waiting"),
    others: where(
      (before, after) => before.seat === after.seat || (before.seat === "waiting" && after.seat === "none"),
    ),
    affected: where((before, after) => before.administers !== after.administers),
  };
  const show = await shower(scope, Object.values(kinds).flat());
  const { gains, loses, waits, others, affected } = kinds;
  return {
    members,
    changed: changed.length,
    gains: gains.map(show),
    loses: loses.map(show),
    waits: waits.map(show),
    others: others.map(show),
    seats,
    admins: { ...admins, affected: affected.map(show) },
  };
}

type Test = (before: Decidable, after: Decidable) => boolean;

/** Reads what these people are called; the answer shows any of them. */
export async function shower(
  { trx, tenantId }: Scope,
  pairs: readonly Pair<Decidable>[],
): Promise<(pair: Pair<Decidable>) => PreviewedMember> {
  const people = await trx.run(peopleShown(tenantId, [...new Set(pairs.map(([{ id }]) => id))]));
  const byId = new Map(people.map((person) => [person.id, person]));
  return ([before, after]) => {
    const person = byId.get(before.id);
    return {
      id: before.id,
      email: person?.email ?? null,
      displayName: person ? displayNameOf(person.scim) : "",
      roles: { before: before.roles, after: after.roles },
      seat: { before: before.seat, after: after.seat },
    };
  };
}
