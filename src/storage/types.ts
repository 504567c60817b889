/**
 * storage/ owns the way to the database: the handle, the two doors (`inTenant`, `onceInTenant`), the embedded engine,
 * migrations and the tenant role. It knows no table; SQL lives in `*.store.ts` of the rooms above and in migrations.
 */
import type pg from "pg";
import type { Turns } from "../base/turns.ts";

/** One SQL statement with its values; `name` makes it a named (prepared) statement for the fixed hot queries. */
export interface Statement<Row = unknown> {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Never set: carries the type of the rows. */
  readonly row?: Row;
}

/** Who acts in which tenant, and when: the clock is read once for a use-case. */
export interface Who {
  readonly tenantId: string;
  readonly actor: Actor;
  readonly now: Date;
  readonly beside?: Beside | undefined;
}

/** What goes with all that a caller writes, in the same transaction: the line of a request in a log. */
export interface Beside {
  /** Told of each event that is made for the caller, whether it comes to be written or not. */
  readonly told: (eventId: string) => void;
  /** The last statement of each transaction, made when its work is done; undefined where nothing goes with it. */
  readonly statement: () => Statement | undefined;
  /** Told after the commit what rows that statement had. */
  readonly committed: (rows: readonly unknown[]) => void;
}

/** Who did it, as the journal keeps it: a kind and, but for `operator` and `system`, an id. */
export interface Actor {
  readonly type: "operator" | "system" | "member" | "api_key" | "scim_token" | "machine_credential" | "setup_link";
  readonly id?: string;
}

/** The rows of each of several statements, in their order. */
export type RowsOf<S extends readonly Statement[]> = {
  -readonly [K in keyof S]: S[K] extends Statement<infer Row> ? Row[] : never;
};

/** A transaction: runs statements one after the other. */
export interface Transaction {
  /** Runs one statement and answers its rows. */
  readonly run: <Row>(statement: Statement<Row>) => Promise<Row[]>;
  /** Runs several in one round trip; each sees what those before it did, and the first that fails undoes all. */
  readonly all: <const S extends readonly Statement[]>(...statements: S) => Promise<RowsOf<S>>;
}

/** A use-case's transaction in one tenant: the first argument of every use-case. */
export interface Scope extends Who {
  readonly trx: Transaction;
}

/** The database of this process: PostgreSQL by URL, or the embedded one. */
export interface Database {
  readonly kind: "embedded" | "server";
  readonly pool: pg.Pool;
  /** Of a tenant's transactions: those that wait for its locks hold no more than a part of the connections. */
  readonly turns: Turns;
  /** The role without privileges of its own under which every tenant statement runs; row-level security binds it. */
  readonly tenantRole: string;
  /** Whether named statements may be used (`DATABASE_PREPARE`). */
  readonly prepare: boolean;
  readonly close: () => Promise<void>;
}
