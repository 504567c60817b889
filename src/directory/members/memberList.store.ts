import type { Entrance, MemberStatus } from "../../admission/types.ts";
import type { Statement } from "../../storage/types.ts";
import type { Member } from "./member.ts";
import { GRANTS } from "../roles/grants.store.ts";
import { MEMBER } from "./members.store.ts";
import { PREFERENCES, type Preferences } from "./profile.store.ts";
import { isInTeam, TEAMS, type TeamName } from "../teams/teams.store.ts";

/** A member with the name of the directory that manages them, and their teams. */
export interface ListedMember extends Member {
  readonly directoryName: string | null;
  /** Permissions given by hand. */
  readonly grants: readonly string[];
  readonly teams: readonly TeamName[];
  readonly preferences: Preferences;
}

/** Which members; all that are given must hold. */
export interface MemberFilter {
  /** Folded: any part of a name or e-mail address, without regard to accents. */
  readonly search?: string | undefined;
  /** These and no others. */
  readonly ids?: readonly string[] | undefined;
  readonly status?: MemberStatus | undefined;
  /** Slug of a role in force. */
  readonly role?: string | undefined;
  /** `without` includes those who wait. */
  readonly seat?: "with" | "without" | "waiting" | undefined;
  readonly entrance?: Entrance | undefined;
  /** Id or folded name of a team. */
  readonly team?: string | undefined;
}

/** What a list goes by; ties go by id. UUIDv7 begin with the time of creation (RFC 9562 §5.7), so ids order that. */
const KEYS = {
  name: { column: "name_key", type: "text", nullable: false },
  email: { column: "email_key", type: "text", nullable: true },
  lastSignInAt: { column: "last_sign_in_at", type: "timestamptz", nullable: true },
  createdAt: { column: "id", type: "uuid", nullable: false },
} as const;

export type MemberKey = keyof typeof KEYS;

/** The order of a list. */
export interface MemberOrder {
  readonly key: MemberKey;
  readonly descending: boolean;
}

/** Where a page begins: after the member who has this key and id. `key` is null for who has none of the kind. */
export interface MemberPlace {
  readonly key: string | null;
  readonly id: string;
}

export const memberKeys = Object.keys(KEYS) as readonly MemberKey[];

/** Whether members may lack what this list goes by; they come last, in either direction. */
export function isNullable({ key }: MemberOrder): boolean {
  return KEYS[key].nullable;
}

const CONDITIONS: { readonly [F in keyof MemberFilter]-?: (place: string) => string } = {
  // Not LIKE: nothing in what people type is a wildcard.
  search: (place) => `strpos(member_text(m.name_key, m.email_key), unaccented(${place})) > 0`,
  ids: (place) => `m.id = any(${place}::uuid[])`,
  status: (place) => `m.status = ${place}`,
  role: (place) => `${place} = any(m.roles)`,
  seat: (place) => `m.seat = any(${place}::text[])`,
  entrance: (place) => `m.entrance = ${place}`,
  team: isInTeam,
};

const SEATS = { with: ["held"], without: ["none", "waiting"], waiting: ["waiting"] } as const;

/** Members in whom a search finds its part, by the index of texts; at most so many, in no order. */
export function findMembers(part: string, most: number): Statement<{ id: string }> {
  return { name: "member_find", text: "select id from find_members($1, $2) as found (id)", values: [part, most] };
}

/** All members whom a filter lets through; those who joined first before others, or as they were created. */
export function membersChosen(tenantId: string, filter: MemberFilter, byArrival: boolean): Statement<{ id: string }> {
  const values: unknown[] = [tenantId];
  const order = byArrival ? "m.joined_at, m.created_at, m.id" : "m.id";
  return { text: `select m.id from members m where ${conditions(filter, values)} order by ${order}`, values };
}

/** How many members a filter lets through. */
export function countMembers(tenantId: string, filter: MemberFilter): Statement<{ total: number }> {
  const values: unknown[] = [tenantId];
  return { text: `select count(*) as total from members m where ${conditions(filter, values)}`, values };
}

/** Members who have what the list goes by, from `after` on: row comparison and order go by one index. */
export function membersWithKey(
  tenantId: string,
  filter: MemberFilter,
  order: MemberOrder,
  after: MemberPlace | null,
  limit: number,
): Statement<ListedMember> {
  const { column, type, nullable } = KEYS[order.key];
  const values: unknown[] = [tenantId];
  const where = [conditions(filter, values)];
  if (nullable) where.push(`m.${column} is not null`);
  if (after) {
    const place = `${put(values, after.key)}::${type}, ${put(values, after.id)}::uuid`;
    where.push(`(m.${column}, m.id) ${order.descending ? "<" : ">"} (${place})`);
  }
  return page(where, values, order.descending ? [`m.${column} desc`, "m.id desc"] : [`m.${column}`, "m.id"], limit);
}

/** Members who lack what the list goes by, by their ids alone. */
export function membersWithoutKey(
  tenantId: string,
  filter: MemberFilter,
  order: MemberOrder,
  after: MemberPlace | null,
  limit: number,
): Statement<ListedMember> {
  const values: unknown[] = [tenantId];
  const where = [conditions(filter, values), `m.${KEYS[order.key].column} is null`];
  if (after) where.push(`m.id ${order.descending ? "<" : ">"} ${put(values, after.id)}::uuid`);
  return page(where, values, [order.descending ? "m.id desc" : "m.id"], limit);
}

/** One member as lists show them. */
export function listedMember(tenantId: string, id: string): Statement<ListedMember> {
  return {
    name: "member_listed",
    text: `${LISTED} where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, id],
  };
}

const LISTED = `select ${MEMBER}, d.name as "directoryName", ${GRANTS}, ${TEAMS}, ${PREFERENCES} from members m
  left join directories d on d.tenant_id = m.tenant_id and d.id = m.directory_id`;

function page(
  where: readonly string[],
  values: unknown[],
  order: readonly string[],
  limit: number,
): Statement<ListedMember> {
  const text = `${LISTED} where ${where.join(" and ")} order by ${order.join(", ")} limit ${put(values, limit)}`;
  return { text, values };
}

/** The tenant, which is `$1`, and the filter. */
function conditions(filter: MemberFilter, values: unknown[]): string {
  const { seat, ...plain } = filter;
  const wanted = { ...plain, seat: seat && SEATS[seat] };
  const parts = (Object.keys(CONDITIONS) as (keyof MemberFilter)[])
    .filter((name) => wanted[name] !== undefined)
    .map((name) => CONDITIONS[name](put(values, wanted[name])));
  return ["m.tenant_id = $1", ...parts].join(" and ");
}

/** Adds a value and answers its place; values never stand in the text. */
function put(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}
