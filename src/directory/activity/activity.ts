/**
 * What members do: the journal by whom it is about and by whom it was done, and what the vendor's applications tell of
 * their work.
 */
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { insertEvent } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { noSuchMember } from "../members/changeMember.ts";
import {
  activityBelow,
  countActivity,
  insertActivity,
  membersAmong,
  wasMember,
  type ActivityFilter,
  type NewActivity,
  type StoredActivity,
} from "./activity.store.ts";

/** A page of a member's activity, the latest first. */
export interface ActivityPage {
  readonly items: readonly StoredActivity[];
  /** Counted for the first page. */
  readonly total: number;
  readonly next: { readonly id: string; readonly total: number } | null;
}

/**
 * What a member did and what was done to them; of a removed member too.
 *
 * @param from where the page before it ended; null = the first
 * @throws Refusal `not_found`
 */
export async function readActivity(
  db: Database,
  who: Pick<Who, "tenantId">,
  memberId: string,
  filter: ActivityFilter,
  limit: number,
  from: ActivityPage["next"],
): Promise<ActivityPage> {
  const { tenantId } = who;
  const page = activityBelow(tenantId, memberId, filter, from?.id ?? null, limit + 1);
  const counted = from ? [] : [countActivity(tenantId, memberId, filter)];
  const [known, rows, [total] = []] = await onceInTenant(db, who, wasMember(tenantId, memberId), page, ...counted);
  if (known.length === 0) throw noSuchMember(memberId);
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  const all = from?.total ?? total?.count ?? 0;
  return { items, total: all, next: last ? { id: last.id, total: all } : null };
}

/** Something that an application tells of a member. */
export interface ToldActivity {
  readonly memberId: string;
  /** Begins with `app.`. */
  readonly type: string;
  /** When it was; now unless given. */
  readonly at?: Date | undefined;
  /** The application's own name of it, once in a tenant. */
  readonly key?: string | undefined;
  readonly summary?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the journal tells it too, and by it the webhooks. */
  readonly publish?: boolean | undefined;
}

/** What became of one of them. */
export type ActivityOutcome =
  | { readonly status: "added"; readonly id: string }
  | { readonly status: "known" }
  | { readonly status: "refused"; readonly code: "not_found" | "invalid_request"; readonly detail: string };

/** Clocks of servers differ by less; what is further ahead is a mistake. */
const MOST_AHEAD_MS = 300_000;

/**
 * Adds what an application tells of members, each alone: what is refused of one is no matter of the others, and one whose
 * key is known adds nothing. The outcomes are in the order of the entries.
 *
 * @param keptDays how long the tenant keeps them: what is older would go at once
 */
export async function addActivity(
  db: Database,
  who: Who,
  told: readonly ToldActivity[],
  keptDays: number,
): Promise<ActivityOutcome[]> {
  const entries = told.map((each) => entryOf(each, who.now));
  const faults = entries.map((entry) => timeFault(entry, who.now, keptDays));
  const sound = entries.filter((_, i) => faults[i] === null);
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId } = scope;
    const added = new Set((await trx.run(insertActivity(tenantId, sound, who.actor))).map(({ id }) => id));
    const ids = [...new Set(sound.map(({ memberId }) => memberId))];
    const there = new Set((await trx.run(membersAmong(tenantId, ids))).map(({ id }) => id));
    await publish(
      scope,
      entries.filter((entry, i) => told[i]?.publish === true && added.has(entry.id)),
    );
    return entries.map((entry, i) => faults[i] ?? outcomeOf(entry, added, there));
  });
}

function entryOf({ memberId, type, at, key, summary, data }: ToldActivity, now: Date): NewActivity {
  const moment = at === undefined || at > now ? now : at;
  const id = newId(moment);
  return {
    id,
    memberId: memberId.toLowerCase(),
    type,
    at: at ?? now,
    key: key ?? null,
    summary: summary ?? null,
    data: data ?? {},
  };
}

function timeFault({ at }: NewActivity, now: Date, keptDays: number): ActivityOutcome | null {
  if (at.getTime() - now.getTime() > MOST_AHEAD_MS) return refused("invalid_request", "at is in the future.");
  if (now.getTime() - at.getTime() < keptDays * 86_400_000) return null;
  return refused("invalid_request", `at is longer ago than activity is kept here (${keptDays} days).`);
}

function outcomeOf(
  { id, memberId }: NewActivity,
  added: ReadonlySet<string>,
  there: ReadonlySet<string>,
): ActivityOutcome {
  if (added.has(id)) return { status: "added", id };
  return there.has(memberId) ? { status: "known" } : refused("not_found", noSuchMember(memberId).message);
}

function refused(code: "not_found" | "invalid_request", detail: string): ActivityOutcome {
  return { status: "refused", code, detail };
}

/** Type and ids alone: the journal holds nobody's personal matters. */
async function publish(scope: Scope, entries: readonly NewActivity[]): Promise<void> {
  const told = entries.map(({ id, type, memberId }) =>
    event(scope, "member.activity_reported", { type: "member", id: memberId }, { activityId: id, activity: type }),
  );
  if (told.length > 0) await scope.trx.all(...told.map((each) => insertEvent(scope.tenantId, each)));
}
