import { checkMappings } from "../../admission/mappings.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { MOST_AT_ONCE } from "../members/effects.ts";
import { FIRST_ID } from "../members/idPage.ts";
import { displayNameOf, type Member } from "../members/member.ts";
import { unchanged } from "../members/memberEvents.ts";
import { membersAfter } from "./redecide.store.ts";
import { reapplyAfter, resolveMappings, withMappings, type WrittenMapping } from "./roleMappings.ts";
import { countSeats } from "../seats/seats.store.ts";
import { takenBack } from "../members/takenBack.ts";
import { relocked, underLock, type Locked } from "../members/underLock.ts";

/** Most people shown of each kind; the numbers are of all. */
const SHOWN = 50;

/** One person whom a list of mappings would change. */
interface PreviewedMember {
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
  readonly seats: { readonly limit: number | null; readonly before: number; readonly after: number };
  readonly admins: { readonly before: number; readonly after: number; readonly affected: readonly PreviewedMember[] };
}

/** A member before and after. */
type Pair = readonly [before: Member, after: Member];

/**
 * What would happen to whom if these were the mappings: it is done and taken back, so that promotions and the last admin
 * come out as they would; writes nothing.
 *
 * @throws Refusal `invalid_request` as writing them would
 */
export async function previewRoleMappings(
  db: Database,
  who: Who,
  written: readonly WrittenMapping[],
): Promise<MappingPreview> {
  return takenBack(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const mappings = (await resolveMappings(scope, written)).map(({ mapping }) => mapping);
    checkMappings(mappings, locked.rules.rules.roles);
    const before = await everybody(scope);
    const [seats] = await scope.trx.run(countSeats(who.tenantId));
    await applyToAll(scope, withMappings(locked, mappings));
    const after = new Map((await everybody(scope)).map((member) => [member.id, member]));
    const pairs = before.map((member): Pair => [member, after.get(member.id) ?? member]);
    return report(pairs, { limit: seats?.limit ?? null, used: seats?.used ?? 0 });
  });
}

/** As the job would, chunk after chunk; each with the seats that the one before has left. */
async function applyToAll(scope: Scope, { rules }: Locked): Promise<void> {
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    after = await reapplyAfter(scope, await relocked(scope, { rules }), after);
  }
}

async function everybody(scope: Scope): Promise<Member[]> {
  const all: Member[] = [];
  for (let after = FIRST_ID; ;) {
    const which = { directoryId: null, statuses: null };
    const chunk = await scope.trx.run(membersAfter(scope.tenantId, which, after, MOST_AT_ONCE));
    all.push(...chunk);
    const last = chunk.at(-1);
    if (!last || chunk.length < MOST_AT_ONCE) return all;
    after = last.id;
  }
}

function report(pairs: readonly Pair[], seats: { limit: number | null; used: number }): MappingPreview {
  const moved = pairs.filter(([before, after]) => !unchanged(before, after));
  const where = (test: (before: Member, after: Member) => boolean): PreviewedMember[] =>
    moved
      .filter(([before, after]) => test(before, after))
      .slice(0, SHOWN)
      .map(shown);
  const gained = count(moved, (before, after) => before.seat !== "held" && after.seat === "held");
  const lost = count(moved, (before, after) => before.seat === "held" && after.seat !== "held");
  return {
    members: pairs.length,
    changed: moved.length,
    gains: where((before, after) => before.seat !== "held" && after.seat === "held"),
    loses: where((before, after) => before.seat === "held" && after.seat !== "held"),
    waits: where((before, after) => before.seat !== "waiting" && after.seat === "waiting"),
    others: where(
      (before, after) => before.seat === after.seat || (before.seat === "waiting" && after.seat === "none"),
    ),
    seats: { limit: seats.limit, before: seats.used, after: seats.used + gained - lost },
    admins: {
      before: count(pairs, ({ administers }) => administers),
      after: count(pairs, (_, { administers }) => administers),
      affected: where((before, after) => before.administers !== after.administers),
    },
  };
}

function count(pairs: readonly Pair[], test: (before: Member, after: Member) => boolean): number {
  return pairs.filter(([before, after]) => test(before, after)).length;
}

function shown([before, after]: Pair): PreviewedMember {
  return {
    id: before.id,
    email: before.email,
    displayName: displayNameOf(before.scim),
    roles: { before: before.roles, after: after.roles },
    seat: { before: before.seat, after: after.seat },
  };
}
