import { groupNamed } from "../../admission/mappings.ts";
import { permits } from "../../admission/permissions.ts";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { noSuchMember } from "../members/changeMember.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { groupNames } from "../roles/roleMappings.store.ts";
import { passSeats } from "../seats/seats.store.ts";
import {
  countTeams,
  deleteTeamRow,
  insertTeam,
  lockTeam,
  membersByHand,
  moveInTeams,
  notMembers,
  teamById,
  teamsAfter,
  teamsNamed,
  teamsOf,
  updateTeamRow,
  writeTeamGroups,
  type Team,
} from "./teams.store.ts";

/** A directory group by name, which is resolved to ids when it is written (as rule 12 for roles), or by id. */
type TeamGroupRef = string | { readonly id: string };

/** What of a team is written by hand; what is left out stays. */
export interface TeamChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly groups?: readonly TeamGroupRef[];
  /** The whole list of those who are in it by hand. */
  readonly members?: readonly string[];
  readonly addMembers?: readonly string[];
  readonly removeMembers?: readonly string[];
}

/** The refusal of a name or id that means no team here, be it unknown or another tenant's. */
function noSuchTeam(reference: string): Refusal {
  return new Refusal("not_found", `no team ${reference}`);
}

/** The tenant's teams, the oldest first. */
export function listTeams(db: Database, who: Who, page: PageWanted): Promise<IdPage<Team>> {
  const { tenantId } = who;
  return readIdPage(db, who, page, (after, most) => teamsAfter(tenantId, after, most), countTeams(tenantId));
}

/** One team. @throws Refusal `not_found` */
export async function readTeam(db: Database, who: Pick<Who, "tenantId">, id: string): Promise<Team> {
  const [[team]] = await onceInTenant(db, who, teamById(who.tenantId, id));
  if (!team) throw noSuchTeam(id);
  return team;
}

/**
 * Makes a team, with members and mapped groups.
 *
 * @throws Refusal `name_exists`, `not_found` for an id that names no member or group, `invalid_request` for a name that
 *   no group has
 */
export async function createTeam(
  db: Database,
  who: Who,
  wanted: TeamChange & { readonly name: string },
): Promise<Team> {
  const { name, description = null } = wanted;
  const team = { id: newId(who.now), name, description, createdAt: who.now };
  const work = inTenant(db, who, async (scope) => {
    await scope.trx.run(passSeats(who.tenantId));
    await scope.trx.run(insertTeam(who.tenantId, team, fold(name)));
    await record(scope, event(scope, "team.created", { type: "team", id: team.id }, { name }));
    await writeGroups(scope, team.id, wanted.groups);
    await writeMembers(scope, team.id, wanted);
    return shown(scope, team.id);
  });
  return namedOnce(work);
}

/**
 * Renames or describes a team, maps groups to it, or changes who is in it.
 *
 * @throws as `createTeam`
 */
export async function updateTeam(db: Database, who: Who, id: string, change: TeamChange): Promise<Team> {
  const work = inTenant(db, who, async (scope) => {
    // Whoever removes a member holds this lock: nobody is removed between the look and the write.
    await scope.trx.run(passSeats(who.tenantId));
    const [before] = await scope.trx.run(lockTeam(who.tenantId, id));
    if (!before) throw noSuchTeam(id);
    const { name = before.name, description = before.description } = change;
    const attributes = [
      ...(name === before.name ? [] : ["name"]),
      ...(description === before.description ? [] : ["description"]),
    ];
    if (attributes.length > 0) await scope.trx.run(updateTeamRow(who.tenantId, { id, name, description }, fold(name)));
    if (await writeGroups(scope, id, change.groups)) attributes.push("groups");
    if (attributes.length > 0) {
      await record(scope, event(scope, "team.updated", { type: "team", id }, { attributes }));
    }
    await writeMembers(scope, id, change);
    return shown(scope, id);
  });
  return namedOnce(work);
}

/** Deletes a team; who was in it is in it no more. @throws Refusal `not_found` */
export async function deleteTeam(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteTeamRow(who.tenantId, id));
    if (!gone) throw noSuchTeam(id);
    await record(scope, event(scope, "team.deleted", { type: "team", id }, { name: gone.name }));
  });
}

/**
 * Teams by their names or ids, in the order in which they were asked for.
 *
 * @throws Refusal `not_found`
 */
export async function teamIds({ trx, tenantId }: Scope, references: readonly string[]): Promise<string[]> {
  const keys = references.map(fold);
  const found = new Map((await trx.run(teamsNamed(tenantId, keys))).map(({ key, id }) => [key, id]));
  return keys.map((key, i) => found.get(key) ?? missing(references[i] ?? ""));
}

/** Puts people into a team by hand; answers whom that moved. Ids that name nobody are passed over. */
export async function addToTeam(
  scope: Scope,
  teamId: string,
  memberIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const moved = await scope.trx.run(moveInTeams(scope, ofTeam(teamId, memberIds), NO_MOVES));
  return new Set(moved.map(({ id }) => id));
}

/**
 * The teams of a member become these, by hand; teams that a group gives stay.
 *
 * @param held the permissions of who writes it
 * @throws Refusal `forbidden`, `not_found`, `managed_by_directory` where the list leaves out a team that a group gives
 */
export async function setTeamsOf(
  scope: Scope,
  memberId: string,
  references: readonly string[],
  held: readonly string[],
): Promise<void> {
  if (!permits(held, "teams:edit")) {
    throw new Refusal("forbidden", "This needs the permission teams:edit. Leave `teams` out, or ask who has it.");
  }
  const wanted = new Set(await teamIds(scope, references));
  const rows = await scope.trx.run(teamsOf(scope.tenantId, memberId));
  const byGroup = new Set(rows.filter(({ byHand }) => !byHand).map(({ id }) => id));
  const byHand = rows.filter((row) => row.byHand).map(({ id }) => id);
  if ([...byGroup].some((id) => !wanted.has(id))) {
    throw new Refusal(
      "managed_by_directory",
      "A directory group that is mapped to a team puts this member into it: keep that team in the list, or change the group or the team's groups.",
    );
  }
  const added = [...wanted].filter((id) => !byGroup.has(id) && !byHand.includes(id));
  const removed = byHand.filter((id) => !wanted.has(id));
  if (added.length + removed.length === 0) return;
  const move = (ids: readonly string[]): Moves => ({ teamIds: ids, memberIds: ids.map(() => memberId) });
  await scope.trx.run(moveInTeams(scope, move(added), move(removed)));
}

interface Moves {
  readonly teamIds: readonly string[];
  readonly memberIds: readonly string[];
}

const NO_MOVES: Moves = { teamIds: [], memberIds: [] };

function ofTeam(teamId: string, memberIds: readonly string[]): Moves {
  return { teamIds: memberIds.map(() => teamId), memberIds };
}

function missing(reference: string): never {
  throw noSuchTeam(reference);
}

async function shown({ trx, tenantId }: Scope, id: string): Promise<Team> {
  const [team] = await trx.run(teamById(tenantId, id));
  if (!team) throw new Error("a team that was written is not there");
  return team;
}

/** @returns whether that is different */
async function writeGroups(
  scope: Scope,
  id: string,
  references: readonly TeamGroupRef[] | undefined,
): Promise<boolean> {
  if (references === undefined) return false;
  const { trx, tenantId } = scope;
  const groups = references.length === 0 ? [] : await trx.run(groupNames(tenantId));
  const ids = references.flatMap((reference, i) => idsOf(reference, i, groups));
  return (await trx.run(writeTeamGroups(tenantId, id, [...new Set(ids)]))).length > 0;
}

function idsOf(
  reference: TeamGroupRef,
  i: number,
  groups: readonly { readonly id: string; readonly displayName: string }[],
): readonly string[] {
  if (typeof reference === "string") return namedIds(reference, i, groups);
  const id = reference.id.toLowerCase();
  if (groups.some((group) => group.id === id)) return [id];
  throw new Refusal("not_found", `no group ${reference.id}`);
}

function namedIds(name: string, i: number, groups: Parameters<typeof groupNamed>[1]): readonly string[] {
  try {
    return groupNamed(name, groups).ids;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("invalid_request", error.message, { errors: [{ path: `/groups/${i}`, message: error.message }] });
  }
}

async function writeMembers(scope: Scope, id: string, change: TeamChange): Promise<void> {
  const { members, addMembers = [], removeMembers = [] } = change;
  const wanted = unique([...(members ?? []), ...addMembers]);
  const leaving = unique(removeMembers);
  const [unknown] = await scope.trx.run(notMembers(scope.tenantId, [...wanted, ...leaving]));
  if (unknown) throw noSuchMember(unknown.id);
  const before = members ? (await scope.trx.run(membersByHand(scope.tenantId, id))).map((row) => row.id) : [];
  const removed = new Set(leaving);
  const staying = new Set(wanted.filter((each) => !removed.has(each)));
  const gone = unique([...before, ...leaving]).filter((each) => !staying.has(each));
  if (staying.size + gone.length === 0) return;
  await scope.trx.run(moveInTeams(scope, ofTeam(id, [...staying]), ofTeam(id, gone)));
}

/** Each once, as PostgreSQL writes them. */
function unique(ids: readonly string[]): string[] {
  return [...new Set(ids.map((id) => id.toLowerCase()))];
}

async function namedOnce<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedUnique(error) !== "teams_name") throw error;
    throw new Refusal("name_exists", "A team of this tenant has that name. Give this one another.");
  }
}
