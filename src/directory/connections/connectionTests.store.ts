import type { Statement } from "../../storage/types.ts";

/** A test as it is begun. */
export interface NewTest {
  readonly id: string;
  readonly connectionId: string;
  /** SHA-256 of the secret in its address. */
  readonly hash: Buffer;
  /** Whether a setup link begins it. */
  readonly ofSetup: boolean;
  readonly expiresAt: Date;
}

/** Keeps a test of the connection as it is now, and sweeps a few of the tenant's that ended a week ago. */
export function insertTest(tenantId: string, test: NewTest, now: Date): Statement {
  return {
    name: "connection_test_insert",
    text: `with swept as (delete from connection_tests where tenant_id = $1 and id in
        (select id from connection_tests where tenant_id = $1 and expires_at < $6::timestamptz - interval '7 days' limit 20))
      insert into connection_tests (tenant_id, id, connection_id, connection_version, hash, expires_at, created_at, of_setup)
        select $1, $2, id, version, $4, $5, $6, $7 from connections where tenant_id = $1 and id = $3`,
    values: [tenantId, test.id, test.connectionId, test.hash, test.expiresAt, now, test.ofSetup],
  };
}

/** Deletes tests a week after they ended, so many at most; answers how many. There are few of them. */
export function deleteOldTests(now: Date, most: number): Statement<{ count: number }> {
  return {
    name: "connection_test_sweep",
    text: `with old as (select tenant_id, id from connection_tests where expires_at < $1::timestamptz - interval '7 days'
        limit $2 for update skip locked),
        gone as (delete from connection_tests c using old where c.tenant_id = old.tenant_id and c.id = old.id returning c.id)
      select count(*) from gone`,
    values: [now, most],
  };
}

/** Notes that the address of a test was opened; a row or none, where it is not to be opened (any more). */
export function openTest(
  tenantId: string,
  connectionId: string,
  hash: Buffer,
  ip: string | null,
  now: Date,
): Statement<{ id: string }> {
  return {
    name: "connection_test_open",
    text: `update connection_tests set opened_at = $5, ip = $4 where tenant_id = $1 and connection_id = $2 and hash = $3
      and finished_at is null and expires_at > $5 returning id`,
    values: [tenantId, connectionId, hash, ip, now],
  };
}

/** Whether a connection has a test that was opened and waits for its answer; a row or none. */
export function testUnderWay(tenantId: string, connectionId: string, now: Date): Statement<{ id: string }> {
  return {
    name: "connection_test_under_way",
    text: `select id from connection_tests where tenant_id = $1 and connection_id = $2 and opened_at is not null
      and finished_at is null and expires_at > $3 limit 1`,
    values: [tenantId, connectionId, now],
  };
}

/** Redeems the handle of a test's answer once, and only in the browser that began; a row or none. */
export function redeemTest(
  tenantId: string,
  handleHash: Buffer,
  browserHash: Buffer,
  now: Date,
): Statement<{ testId: string; connectionId: string; identity: unknown }> {
  return {
    name: "connection_test_redeem",
    text: `update sign_in_attempts set redeemed_at = $4
      where tenant_id = $1 and handle_hash = $2 and browser_hash = $3 and redeemed_at is null and expires_at > $4
        and test_id is not null
      returning test_id as "testId", connection_id as "connectionId", identity`,
    values: [tenantId, handleHash, browserHash, now],
  };
}

/** Keeps what a test came to, once; a row or none. */
export function finishTest(
  tenantId: string,
  id: string,
  result: unknown,
  now: Date,
): Statement<{ connectionId: string; version: number; ofSetup: boolean }> {
  return {
    name: "connection_test_finish",
    text: `update connection_tests set finished_at = $4, result = $3 where tenant_id = $1 and id = $2 and finished_at is null
      returning connection_id as "connectionId", connection_version::int as version, of_setup as "ofSetup"`,
    values: [tenantId, id, JSON.stringify(result), now],
  };
}

/** Raises a draft to tested, if it is still what was tested; a row or none. */
export function raiseTested(tenantId: string, id: string, version: number, now: Date): Statement<{ id: string }> {
  return {
    name: "connection_raise_tested",
    text: `update connections set status = 'tested', version = version + 1, updated_at = $4
      where tenant_id = $1 and id = $2 and version = $3 and status = 'draft' returning id`,
    values: [tenantId, id, version, now],
  };
}

/** A test as it is read. */
export interface TestRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly openedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly ip: string | null;
  readonly result: unknown;
}

/** One test of a connection. */
export function testById(tenantId: string, connectionId: string, id: string): Statement<TestRow> {
  return {
    name: "connection_test_by_id",
    text: `select id, created_at as "createdAt", expires_at as "expiresAt", opened_at as "openedAt",
        finished_at as "finishedAt", ip, result
      from connection_tests where tenant_id = $1 and connection_id = $2 and id = $3`,
    values: [tenantId, connectionId, id],
  };
}

/** A sign-in that was refused. */
export interface RefusedTry {
  readonly at: Date;
  readonly reason: string | null;
  readonly detail: string | null;
}

/** What was refused at a connection to one address, after an id of the sign-in log; the latest first. */
export function refusedTries(
  tenantId: string,
  connectionId: string,
  ip: string | null,
  after: string,
): Statement<RefusedTry> {
  return {
    name: "connection_test_refused",
    text: `select at, reason, detail from sign_ins where tenant_id = $1 and connection_id = $2 and id > $4
      and ip is not distinct from $3 and result = 'refused' order by id desc limit 10`,
    values: [tenantId, connectionId, ip, after],
  };
}
