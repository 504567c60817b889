import { AsyncLocalStorage } from "node:async_hooks";
import { isUuid } from "../base/ids.ts";
import { DatabaseError, type PoolClient } from "pg";
import { Batch } from "./batch.ts";
import type { Actor, Database, RowsOf, Scope, Statement, Transaction, Who } from "./types.ts";
import { isBroken, noConnection, unlessBroken } from "./unavailable.ts";

/** PostgreSQL's deadlock_detected and serialization_failure: nothing has left the transaction, so it may run again. */
const RETRYABLE = new Set(["40P01", "40001"]);
const TRIES = 4;

/** Marks the asynchronous context of an open transaction. */
const open = new AsyncLocalStorage<{ open: boolean }>();

/**
 * In which tenant, and for how many milliseconds each statement may run; without end unless said. The embedded database
 * has no clock within a statement and ends none.
 */
export interface Within extends Pick<Who, "tenantId"> {
  readonly atMostMs?: number;
}

/**
 * Runs statements in one tenant, in one round trip and one transaction: the way of every read and every write that
 * needs no answer in between.
 *
 * @throws SQLSTATE 57014 where a statement takes longer than it may
 */
export async function onceInTenant<const S extends readonly Statement[]>(
  db: Database,
  within: Within,
  ...statements: S
): Promise<RowsOf<S>> {
  const all = [scopeStatement(db, within), ...statements.map((each) => prepared(db, each))];
  return retrying(async () => {
    const batch = new Batch(all);
    const client = await acquire(db);
    client.query(batch);
    try {
      const rows = await batch.results;
      client.release();
      return rows.slice(1) as RowsOf<S>;
    } catch (error) {
      // What is no answer of PostgreSQL may have left the connection in the middle of one.
      client.release(!(error instanceof DatabaseError) || isBroken(error));
      throw error;
    }
  });
}

/**
 * The same for statements that write: what stands beside the caller goes with them.
 *
 * @param end goes behind all: what locks a row that many want, so that it is held for the commit alone
 */
export async function writeOnce<const S extends readonly Statement[]>(
  db: Database,
  who: Pick<Who, "tenantId" | "beside">,
  statements: S,
  end: readonly Statement[] = [],
): Promise<RowsOf<S>> {
  const line = who.beside?.statement();
  const beside = line ? [line] : [];
  const rows: unknown[][] = await onceInTenant<readonly Statement[]>(db, who, ...statements, ...beside, ...end);
  if (line) who.beside?.committed(rows[statements.length] ?? []);
  return rows.slice(0, statements.length) as RowsOf<S>;
}

/** Runs single statements as `onceInTenant` does, for code that may also be handed a transaction's `run`. */
export function readOnce(db: Database, who: Pick<Who, "tenantId">): Transaction["run"] {
  return async (statement) => (await onceInTenant(db, who, statement))[0];
}

/**
 * Opens a transaction in one tenant: role and tenant are set for it alone, so row-level security holds whatever the
 * statements say, and nothing stays in the database session (which pgbouncer shares).
 *
 * The work may run up to four times (deadlock, serialization failure); it must reach nothing but its transaction.
 *
 * @throws Refusal `unavailable` where no connection is to be had in time, or it breaks; so do the other two
 */
export async function inTenant<T>(db: Database, who: Who, work: (scope: Scope) => Promise<T>): Promise<T> {
  refuseWithin();
  const begin = [BEGIN, scopeStatement(db, who)];
  const { tenantId, actor, now, beside } = who;
  let rows: readonly unknown[] = [];
  const whole = async (trx: Transaction): Promise<T> => {
    const result = await work({ trx, tenantId, actor, now, ...(beside && { beside }) });
    const last = beside?.statement();
    if (last) rows = await trx.run(last);
    return result;
  };
  // Many writers of one tenant wait for its lock: without a connection, which everybody else needs meanwhile.
  const done = await db.turns.take(tenantId, () => transaction(db, begin, whole));
  beside?.committed(rows);
  return done;
}

/** The operator's transaction, across tenants: row-level security does not bind the tables' owner. */
export function acrossTenants<T>(
  db: Database,
  who: { actor: Actor; now: Date },
  work: (scope: Omit<Scope, "tenantId">) => Promise<T>,
): Promise<T> {
  return transaction(db, [BEGIN], (trx) => work({ trx, actor: who.actor, now: who.now }));
}

const BEGIN: Statement = { name: "begin", text: "begin", values: [] };

/** @param begin goes with the first statements of the work, which spares a round trip */
function transaction<T>(db: Database, begin: readonly Statement[], work: (trx: Transaction) => Promise<T>): Promise<T> {
  return retrying(async () => {
    const client = await acquire(db);
    const mark = { open: true, sent: false, begun: false };
    const all = async <const S extends readonly Statement[]>(...statements: S): Promise<RowsOf<S>> => {
      // Later the client is another's, or nobody's and bound to no tenant.
      if (!mark.open) throw new Error("storage: a statement after the end of its transaction");
      // Until it has worked once nothing goes without it: a second one in a transaction is but a warning.
      const before = mark.begun ? [] : begin;
      const batch = new Batch([...before, ...statements].map((each) => prepared(db, each)));
      mark.sent = true;
      client.query(batch);
      const rows = await batch.results;
      mark.begun = true;
      return rows.slice(before.length) as RowsOf<S>;
    };
    const run = async <Row>(statement: Statement<Row>): Promise<Row[]> => (await all(statement))[0];
    const whole = (): Promise<T> => work({ run, all }).finally(() => (mark.open = false));
    const done = (): Promise<T> => perform(client, mark, whole);
    return db.kind === "embedded" ? marked(mark, done) : done();
  });
}

let openTransactions = 0;

/**
 * Until Node.js 24 a context costs each promise of the process a tenth more: so none stays on between transactions, and
 * it is for the embedded database alone, where waiting within would never end.
 */
async function marked<T>(mark: { open: boolean }, work: () => Promise<T>): Promise<T> {
  openTransactions++;
  try {
    return await open.run(mark, work);
  } finally {
    if (--openTransactions === 0) open.disable();
  }
}

/** Gives the client back; one that cannot say that it is idle again is thrown away. */
async function perform<T>(client: PoolClient, mark: { readonly sent: boolean }, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    if (mark.sent) await commit(client);
    client.release();
    return result;
  } catch (error) {
    client.release(!(await rolledBack(client)));
    throw error;
  }
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query("commit");
  // PostgreSQL answers ROLLBACK, and no error, where a statement failed and the work went on.
  if (command !== "COMMIT") throw new Error("storage: a use-case went on after a failed statement");
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("rollback");
    return true;
  } catch {
    return false;
  }
}

async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await attempt();
    } catch (error) {
      if (i === TRIES || !RETRYABLE.has(sqlState(error) ?? "")) throw unlessBroken(error);
    }
  }
}

async function acquire({ pool }: Database): Promise<PoolClient> {
  refuseWithin();
  try {
    return await pool.connect();
  } catch (error) {
    throw noConnection(error);
  }
}

/** The embedded database has one connection: waiting for it inside its transaction would wait for ever. */
function refuseWithin(): void {
  if (open.getStore()?.open) throw new Error("storage: a query outside the open transaction of its own use-case");
}

const SCOPE = "select set_config('role',$1,true),set_config('app.tenant',$2,true)";

function scopeStatement(db: Database, { tenantId, atMostMs }: Within): Statement {
  const values = [db.tenantRole, uuid(tenantId)];
  if (atMostMs === undefined) return prepared(db, { name: "scope", text: SCOPE, values });
  // In force from the next statement on, and until the end of the transaction.
  const text = `${SCOPE},set_config('statement_timeout',$3,true)`;
  return prepared(db, { name: "scope_timed", text, values: [...values, String(atMostMs)] });
}

function prepared(db: Database, statement: Statement): Statement {
  return db.prepare ? statement : { text: statement.text, values: statement.values };
}

function uuid(value: string): string {
  if (!isUuid(value)) throw new Error("storage: a tenant id is a UUID");
  return value;
}

/** The SQLSTATE of a database error (PostgreSQL, appendix A), or undefined. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** The name of the unique constraint or index that a write hit (SQLSTATE 23505), or undefined. */
export function violatedUnique(error: unknown): string | undefined {
  if (sqlState(error) !== "23505") return undefined;
  return (error as { constraint?: string }).constraint;
}
