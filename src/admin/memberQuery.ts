/** Which members, in which order and from where on, as the lists of members ask. */
import { isUuid } from "../base/ids.ts";
import type { MemberFrom, MemberQuery } from "../directory/members/memberList.ts";
import { memberKeys, type MemberKey } from "../directory/members/memberList.store.ts";
import { entrances, NO_NUL, statuses } from "./memberSchemas.ts";
import { decodeCursor, encodeCursor, isTotal } from "./paging.ts";
import type { Schema } from "./route.ts";

/** The query of a list of members, as `memberQuery` checks it. */
export interface MembersAsked extends Omit<MemberQuery, "order"> {
  readonly sort: string;
}

/** Filters and order of members. */
export const memberQuery: Readonly<Record<string, Schema>> = {
  search: {
    type: "string",
    minLength: 1,
    maxLength: 200,
    pattern: NO_NUL,
    description: "Any part of a name or e-mail address, without regard to case and accents.",
  },
  status: { type: "string", enum: statuses },
  role: { type: "string", minLength: 1, maxLength: 64, pattern: NO_NUL, description: "Slug of a role in force." },
  seat: {
    type: "string",
    enum: ["with", "without", "waiting"],
    description: "`without` includes those who wait for one.",
  },
  team: { type: "string", minLength: 1, maxLength: 200, pattern: NO_NUL, description: "Id or name of a team." },
  entrance: { type: "string", enum: entrances },
  sort: {
    type: "string",
    enum: memberKeys.flatMap((key) => [key, `-${key}`]),
    default: "createdAt",
    description: "`-` is descending. Who has no e-mail address or has not signed in comes last, either way.",
  },
};

/** What is asked, as the use-case takes it. */
export function membersAsked({ sort, ...filter }: MembersAsked): MemberQuery {
  const descending = sort.startsWith("-");
  return { ...filter, order: { key: (descending ? sort.slice(1) : sort) as MemberKey, descending } };
}

/** The cursor that leads on; it belongs to this order. */
export function memberCursor({ sort }: MembersAsked, from: MemberFrom): string {
  return encodeCursor({ sort, ...from });
}

/**
 * Where the page begins; null for the first one.
 *
 * @throws Refusal `invalid_request`
 */
export function memberFrom(asked: MembersAsked, cursor: string | undefined): MemberFrom | null {
  const { key } = membersAsked(asked).order;
  const isPlace = (value: unknown): value is MemberFrom => {
    if (typeof value !== "object" || value === null) return false;
    const place = value as Partial<Record<"sort" | keyof MemberFrom, unknown>>;
    return place.sort === asked.sort && isUuid(place.id) && isTotal(place.total) && isKey[key](place.key);
  };
  return decodeCursor(cursor, isPlace) ?? null;
}

const isKey: Readonly<Record<MemberKey, (value: unknown) => boolean>> = {
  name: isText,
  email: (value) => value === null || isText(value),
  lastSignInAt: (value) => value === null || isInstant(value),
  createdAt: isUuid,
};

/** What PostgreSQL stores as text. */
function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

function isInstant(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}T/.test(value) && !Number.isNaN(Date.parse(value));
}
