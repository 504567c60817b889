/**
 * What would happen if a directory were switched on and pushed these people: whom it would adopt (rule 19), who would be
 * new, who stands in the way, and what becomes of the seats. Writes nothing, and holds up nobody who does.
 */
import { decide } from "../../admission/seats.ts";
import { fold } from "../../base/fold.ts";
import { newId } from "../../base/ids.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { personOf, profileOf, type Decidable, type Member } from "../members/member.ts";
import { newMember } from "../members/newMember.ts";
import { SHOWN, shower, type PreviewedMember } from "../roles/mappingPreview.ts";
import { rehearse, type Rehearsal } from "../roles/rehearsal.ts";
import { rulesWithin, type TenantRules } from "../roles/rules.ts";
import { directoryUnder } from "./directories.ts";
import { everybodyMatchable, membersMatched, type Matchable } from "./directoryPreview.store.ts";

/** Somebody whom the directory would push. */
export interface PushedPerson {
  readonly userName: string;
  readonly email?: string | undefined;
  readonly active?: boolean | undefined;
}

/**
 * Why somebody would not simply be adopted or made: another directory manages the member of this user name, or it is an
 * emergency access, which no directory sees (rule 19); a member of another user name has the address, and there would be
 * two of one person (rule 21); the user name is there twice.
 */
type ConflictCode = "otherDirectory" | "breakGlass" | "addressTaken" | "twice";

interface Conflict {
  readonly userName: string;
  readonly code: ConflictCode;
  /** Who stands in the way. */
  readonly memberId: string | null;
}

/** What switching a directory on would do. */
export interface DirectoryPreview {
  readonly people: number;
  /** Members whom the directory would manage from then on, and those whom it manages already. */
  readonly adopted: number;
  readonly managed: number;
  /** New members, and those whom `whenFull` refuses. */
  readonly created: number;
  readonly refused: number;
  /** Members whom it would not push: they stay as they are. */
  readonly left: number;
  /** Adopted members whose roles or seat would change; at most 50. */
  readonly changes: readonly PreviewedMember[];
  readonly conflicts: { readonly count: number; readonly people: readonly Conflict[] };
  readonly seats: Rehearsal["seats"] & { readonly waiting: number };
}

/**
 * Previews.
 *
 * @param people null = those who are members now, as if the directory had the same
 * @throws Refusal `not_found`
 */
export async function previewDirectory(
  db: Database,
  who: Who,
  id: string,
  people: readonly PushedPerson[] | null,
): Promise<DirectoryPreview> {
  return inTenant(db, who, async (scope) => {
    await directoryUnder(scope, id);
    const rules = await rulesWithin(scope);
    const sorted = await sortOut(scope, id, people);
    const { adopted, created } = sorted;
    const rehearsal = await rehearse(scope, rules, (member) =>
      adopted.has(member.id) ? adoptedBy(id, member, adopted.get(member.id), who.now) : member,
    );
    const newcomers = created.map((person) => newcomer(id, person, who.now));
    const { used, waiting, refused } = seatNewcomers(newcomers, rules, rehearsal);
    const { limit, before } = rehearsal.seats;
    return {
      people: sorted.people,
      adopted: adopted.size,
      managed: sorted.managed,
      created: created.length - refused,
      refused,
      left: rehearsal.members - adopted.size - sorted.managed,
      changes: await changesShown(scope, rehearsal),
      conflicts: { count: sorted.conflicts.length, people: sorted.conflicts.slice(0, SHOWN) },
      seats: { limit, before, after: used, waiting },
    };
  });
}

interface Sorted {
  readonly people: number;
  readonly managed: number;
  /** By the member's id: whether the directory says active. */
  readonly adopted: ReadonlyMap<string, boolean | undefined>;
  readonly created: readonly PushedPerson[];
  readonly conflicts: readonly Conflict[];
}

/** One of those who are pushed, whom they meet here, and what comes of it. */
interface Meeting {
  readonly person: PushedPerson;
  readonly member: Matchable | undefined;
  readonly becomes: "adopted" | "managed" | "created" | null;
  readonly code: ConflictCode | null;
}

async function sortOut({ trx, tenantId }: Scope, id: string, people: readonly PushedPerson[] | null): Promise<Sorted> {
  const keys = people?.flatMap(({ userName, email = userName }) => [fold(userName), fold(email)]);
  const here = await trx.run(keys ? membersMatched(tenantId, [...new Set(keys)]) : everybodyMatchable(tenantId));
  const pushed = people ?? here.map(({ userNameKey }) => ({ userName: userNameKey }));
  const all = meetings(id, pushed, here);
  const which = (becomes: Meeting["becomes"]): Meeting[] => all.filter((each) => each.becomes === becomes);
  const adopted = which("adopted").map(({ member, person }) => [member?.id ?? "", person.active] as const);
  const conflicts = all.flatMap(({ person, member, code }) =>
    code === null ? [] : [{ userName: person.userName, code, memberId: member?.id ?? null }],
  );
  return {
    people: pushed.length,
    managed: which("managed").length,
    adopted: new Map(adopted),
    created: which("created").map(({ person }) => person),
    conflicts,
  };
}

function meetings(id: string, pushed: readonly PushedPerson[], here: readonly Matchable[]): Meeting[] {
  const byName = new Map(here.map((member) => [member.userNameKey, member]));
  const byAddress = new Map(here.map((member) => [member.emailKey, member]));
  const seen = new Set<string>();
  return pushed.map((person) => {
    const key = fold(person.userName);
    const named = byName.get(key);
    const member = named ?? byAddress.get(fold(person.email ?? person.userName));
    if (seen.has(key)) return { person, member, becomes: null, code: "twice" };
    seen.add(key);
    return {
      person,
      member,
      ...(named ? meets(id, named) : { becomes: "created", code: member ? "addressTaken" : null }),
    };
  });
}

function meets(id: string, { breakGlass, directoryId }: Matchable): Pick<Meeting, "becomes" | "code"> {
  if (breakGlass) return { becomes: null, code: "breakGlass" };
  if (directoryId === null) return { becomes: "adopted", code: null };
  return directoryId === id ? { becomes: "managed", code: null } : { becomes: null, code: "otherDirectory" };
}

/** As the first PUT or PATCH by the directory makes them (rules 13, 18, 19, 20). */
function adoptedBy(directoryId: string, member: Decidable, active: boolean | undefined, now: Date): Decidable {
  const directoryActive = active ?? member.directoryActive;
  const joinedAt = member.joinedAt ?? now;
  return { ...member, directoryId, directoryActive, joinedAt, claims: [], invitationLapsed: false };
}

function newcomer(directoryId: string, { userName, email, active = true }: PushedPerson, now: Date): Member {
  const emails = email === undefined ? {} : { emails: [{ value: email, primary: true }] };
  const member = newMember(newId(now), profileOf({ userName, ...emails }), "scim", now);
  return { ...member, directoryId, directoryActive: active };
}

/** Newcomers come after those who are here; groups that they are in come later still, and are not known. */
function seatNewcomers(
  newcomers: readonly Member[],
  { rules }: TenantRules,
  { seats, waiting: waits }: Rehearsal,
): { used: number; waiting: number; refused: number } {
  let [used, waiting, refused] = [seats.after, waits.after, 0];
  for (const member of newcomers) {
    const { seat } = decide(null, personOf(member), "scim", "person", rules);
    if (seat.ask !== "take") continue;
    if (seats.limit === null || used < seats.limit) used += 1;
    else if (seat.unseated === "refuse") refused += 1;
    else if (seat.unseated.seat === "waiting") waiting += 1;
  }
  return { used, waiting, refused };
}

/** Who merely comes under the directory is told by the number. */
async function changesShown(scope: Scope, { changed }: Rehearsal): Promise<PreviewedMember[]> {
  const moved = changed.filter(
    ([before, after]) => before.seat !== after.seat || before.roles.join(" ") !== after.roles.join(" "),
  );
  const some = moved.slice(0, SHOWN);
  return some.map(await shower(scope, some));
}
