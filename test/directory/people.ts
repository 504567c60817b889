/** Members for cases about tenants, made by the use-case, and what must always hold of their seats. */
import assert from "node:assert/strict";
import type { Entrance } from "../../src/admission/types.ts";
import { newId } from "../../src/base/ids.ts";
import { createMember } from "../../src/directory/members/createMember.ts";
import { profileOf, type Member } from "../../src/directory/members/member.ts";
import { newMember } from "../../src/directory/members/newMember.ts";
import { testDatabase } from "../support/database.ts";

let made = 0;

/** Adds a person by a door; what differs from someone who has just joined goes into `facts`. */
export async function person(
  tenantId: string,
  door: Entrance = "scim",
  facts: Partial<Member> = {},
  now = new Date(),
): Promise<Member> {
  made += 1;
  const userName = `person${made}@example.com`;
  const profile = profileOf({ userName, emails: [{ value: userName, type: "work", primary: true }] });
  const newcomer = { ...newMember(newId(now), profile, door, now), ...facts };
  const who = { tenantId, actor: { type: "operator" }, now } as const;
  return createMember(await testDatabase(), who, newcomer, { door, act: "person", loss: "directory" });
}

/** Adds several, each a millisecond after the one before, so that their order is that of their names. */
export async function people(
  tenantId: string,
  count: number,
  door: Entrance = "scim",
  facts: Partial<Member> = {},
): Promise<Member[]> {
  const start = Date.now();
  const all: Member[] = [];
  for (let i = 0; i < count; i++) all.push(await person(tenantId, door, facts, new Date(start + i)));
  return all;
}

/** What the database holds of a member. */
export interface StoredMember {
  readonly id: string;
  readonly seat: string;
  readonly status: string;
  readonly mapped: string | null;
  readonly roles: readonly string[];
  readonly hold: boolean;
  readonly directory_id: string | null;
  readonly directory_active: boolean;
  readonly needs_seat: boolean;
  readonly reasons: readonly { readonly code: string }[];
}

/** The members of a tenant as they are stored, by their ids in the order of arrival. */
export async function storedMembers(tenantId: string): Promise<StoredMember[]> {
  const { pool } = await testDatabase();
  return (await pool.query("select * from members where tenant_id = $1 order by created_at, id", [tenantId])).rows;
}

/** The seat states of a tenant's members, in the order of arrival. */
export async function seatsHeld(tenantId: string): Promise<string[]> {
  return (await storedMembers(tenantId)).map(({ seat }) => seat);
}

/** Types of a tenant's events, in the order in which they were written. */
export async function eventTypes(tenantId: string): Promise<string[]> {
  const { pool } = await testDatabase();
  const { rows } = await pool.query("select type from events where tenant_id = $1 order by xid, seq", [tenantId]);
  return (rows as { type: string }[]).map(({ type }) => type);
}

/** Rule 1: where a limit is set the counter equals the rows, else there is none. */
export async function assertCounted(tenantId: string): Promise<void> {
  const { pool } = await testDatabase();
  const { rows } = await pool.query(
    `select seat_limit, used, (select count(*) from members where tenant_id = $1 and seat = 'held') as held
     from tenant_seats where tenant_id = $1`,
    [tenantId],
  );
  const { seat_limit: limit, used, held } = rows[0] as { seat_limit: number | null; used: number | null; held: number };
  assert.equal(used, limit === null ? null : held);
}
