import { fold } from "../../base/fold.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Statement, Who } from "../../storage/types.ts";
import { noSuchMember } from "./changeMember.ts";
import {
  countMembers,
  findMembers,
  isNullable,
  listedMember,
  membersWithKey,
  membersWithoutKey,
  type ListedMember,
  type MemberFilter,
  type MemberKey,
  type MemberOrder,
  type MemberPlace,
} from "./memberList.store.ts";

/** Which members to list, as a caller asks. */
export interface MemberQuery extends MemberFilter {
  readonly order: MemberOrder;
}

/** A page of members; `next` is null on the last one. */
export interface MemberPage {
  readonly items: readonly ListedMember[];
  /** Counted for the first page, which has no `from`. */
  readonly total: number;
  readonly next: MemberPlace | null;
}

/** Where a later page begins, with the total that the first one counted. */
export interface MemberFrom extends MemberPlace {
  readonly total: number;
}

/** One page of a tenant's members, by keyset: members who come or go between pages shift nobody else. */
export async function listMembers(
  db: Database,
  who: Pick<Who, "tenantId">,
  query: MemberQuery,
  limit: number,
  from: MemberFrom | null,
): Promise<MemberPage> {
  const filter = await narrowed(db, who, query);
  const pages = statements(who.tenantId, filter, query.order, from, limit + 1);
  if (from) return paged(await onceInTenant(db, who, ...pages), query.order.key, limit, from.total);
  const [[counted], ...parts] = await onceInTenant(db, who, countMembers(who.tenantId, filter), ...pages);
  return paged(parts, query.order.key, limit, counted?.total ?? 0);
}

/** Page after page of all members that a query finds, so that no more than `size` of them are in memory. */
export async function* eachMember(
  db: Database,
  who: Pick<Who, "tenantId">,
  query: MemberQuery,
  size: number,
): AsyncGenerator<readonly ListedMember[]> {
  let from: MemberFrom | null = null;
  do {
    const { items, next, total }: MemberPage = await listMembers(db, who, query, size, from);
    yield items;
    from = next && { ...next, total };
  } while (from);
}

/**
 * One member as lists show them.
 *
 * @throws Refusal `not_found`
 */
export async function readMember(db: Database, who: Pick<Who, "tenantId">, id: string): Promise<ListedMember> {
  const [[member]] = await onceInTenant(db, who, listedMember(who.tenantId, id));
  if (!member) throw noSuchMember(id);
  return member;
}

/** Who lacks what the list goes by comes last; a page may hold the end of the ones and the beginning of the others. */
function statements(
  tenantId: string,
  filter: MemberFilter,
  order: MemberOrder,
  from: MemberFrom | null,
  limit: number,
): Statement<ListedMember>[] {
  if (from && from.key === null) return [membersWithoutKey(tenantId, filter, order, from, limit)];
  const withKey = membersWithKey(tenantId, filter, order, from, limit);
  return isNullable(order) ? [withKey, membersWithoutKey(tenantId, filter, order, null, limit)] : [withKey];
}

/**
 * The filter as it is compared. What a search finds by its index stands in for it where that is not too much: what
 * almost everybody matches is found as fast by looking at one after the other, in the order of the page.
 */
export async function narrowed(
  db: Database,
  who: Pick<Who, "tenantId">,
  { search, team, status, role, seat, entrance }: MemberFilter,
): Promise<MemberFilter> {
  const plain = { team: team === undefined ? undefined : fold(team), status, role, seat, entrance };
  if (search === undefined) return plain;
  const part = fold(search);
  if (part.length < TRIGRAM) return { ...plain, search: part };
  const [found] = await onceInTenant(db, who, findMembers(part, MOST_FOUND + 1));
  if (found.length > MOST_FOUND) return { ...plain, search: part };
  return { ...plain, ids: found.map(({ id }) => id) };
}

/** The index knows texts by three letters at a time; what is shorter it finds everywhere. */
const TRIGRAM = 3;
/** Members looked up by their ids: a few milliseconds. */
const MOST_FOUND = 2000;

function paged(parts: readonly (readonly ListedMember[])[], key: MemberKey, limit: number, total: number): MemberPage {
  const found = parts.flat();
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, total, next: last ? { key: keyOf[key](last), id: last.id } : null };
}

const keyOf: Readonly<Record<MemberKey, (member: ListedMember) => string | null>> = {
  name: ({ nameKey }) => nameKey,
  email: ({ emailKey }) => emailKey,
  lastSignInAt: ({ lastSignInAt }) => lastSignInAt?.toISOString() ?? null,
  createdAt: ({ id }) => id,
};
