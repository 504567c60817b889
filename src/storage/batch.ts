import type { Connection, Submittable } from "pg";
import { parserOf, prepareValue } from "./wireTypes.ts";
import type { Statement } from "./types.ts";

/** What this seam uses of pg's connection; pg's own queries and pg-cursor use the same. */
interface Wire {
  readonly stream: { cork?(): void; uncork?(): void };
  /** Named statements that the server has confirmed on this connection: name → text. */
  readonly parsedStatements: Record<string, string>;
  /** Those sent and not confirmed yet. */
  readonly submittedNamedStatements: Record<string, string>;
  parse(query: { name: string; text: string }): void;
  bind(config: { statement: string; values: readonly unknown[]; valueMapper: (value: unknown) => unknown }): void;
  describe(message: { type: "P"; name: string }): void;
  execute(config: { rows: number }): void;
  close(message: { type: "S"; name: string }): void;
  sync(): void;
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/**
 * Several statements in one round trip: Parse, Bind, Describe and Execute for each and one Sync at the end, which
 * makes them one implicit transaction (PostgreSQL, "Extended Query", pipelining). Each statement has a snapshot of
 * its own and sees what those before it did; the first error undoes all.
 *
 * pg's own query holds one statement, and pg lets others stand in its place (`submit`), as pg-cursor does.
 */
export class Batch implements Submittable {
  /** The rows of each statement; rejects with PostgreSQL's error. */
  readonly results: Promise<unknown[][]>;
  readonly #statements: readonly Statement[];
  readonly #done: unknown[][] = [];
  #columns: Column[] = [];
  #rows: unknown[] = [];
  #resolve: (rows: unknown[][]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(statements: readonly Statement[]) {
    this.#statements = statements;
    this.results = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork?.();
    try {
      for (const statement of this.#statements) send(wire, statement);
      wire.sync();
    } finally {
      wire.stream.uncork?.();
    }
  }

  handleRowDescription(message: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#columns = message.fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }));
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    for (const [i, { name, parse }] of this.#columns.entries()) {
      const text = message.fields[i];
      row[name] = text === null || text === undefined ? null : parse(text);
    }
    this.#rows.push(row);
  }

  handleCommandComplete(_message: unknown, connection: Connection): void {
    const statement = this.#statements[this.#done.length];
    if (statement?.name !== undefined) confirm(connection as unknown as Wire, statement.name, statement.text);
    this.#done.push(this.#rows);
    this.#rows = [];
    this.#columns = [];
  }

  handleEmptyQuery(): void {
    this.#done.push([]);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#done);
  }
}

function send(wire: Wire, { name = "", text, values }: Statement): void {
  const known = name === "" ? undefined : wire.parsedStatements[name];
  if (known !== undefined && known !== text) throw new Error(`storage: two statements are named ${name}`);
  if (known === undefined) sendParse(wire, name, text);
  wire.bind({ statement: name, values, valueMapper: prepareValue });
  wire.describe({ type: "P", name: "" });
  wire.execute({ rows: 0 });
}

function sendParse(wire: Wire, name: string, text: string): void {
  if (name !== "") {
    // After a failed batch the server may know the name or not; closing an unknown one is not an error.
    if (wire.submittedNamedStatements[name] !== undefined) wire.close({ type: "S", name });
    wire.submittedNamedStatements[name] = text;
  }
  wire.parse({ name, text });
}

function confirm(wire: Wire, name: string, text: string): void {
  wire.parsedStatements[name] = text;
  delete wire.submittedNamedStatements[name];
}
