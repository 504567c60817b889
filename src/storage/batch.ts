import type { Connection, Submittable } from "pg";
import { parserOf, prepareValue } from "./wireTypes.ts";
import type { Statement } from "./types.ts";

/** What this seam uses of pg's connection; pg's own queries and pg-cursor use the same. */
interface Wire {
  readonly stream: { cork?(): void; uncork?(): void };
  /** Named statements that the server has on this connection: name → text; pg's own queries read and write it too. */
  readonly parsedStatements: Record<string, string>;
  on(event: "parseComplete", listener: () => void): void;
  off(event: "parseComplete", listener: () => void): void;
  parse(query: { name: string; text: string }): void;
  bind(config: { statement: string; values: readonly unknown[] }): void;
  describe(message: { type: "P"; name: string }): void;
  execute(config: { rows: number }): void;
  sync(): void;
}

/** A statement whose values are as the wire takes them; the name is empty where there is none. */
interface Written {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What the rows of a statement look like. */
type Shape = readonly { readonly name: string; readonly parse: (text: string) => unknown }[];

/**
 * The shapes of each connection's named statements, by name: once known, they are asked for no more, since a
 * description of thirty columns costs either side as much as the row. PostgreSQL holds a statement to its shape.
 */
const shapes = new WeakMap<Wire, Map<string, Shape>>();

/**
 * Several statements in one round trip: Parse, Bind, Describe and Execute for each (of named ones Parse and Describe
 * the first time only) and one Sync at the end, which makes them one implicit transaction (PostgreSQL, "Extended
 * Query", pipelining). Each statement has a snapshot of
 * its own and sees what those before it did; the first error undoes all.
 *
 * pg's own query holds one statement, and pg lets others stand in its place (`submit`), as pg-cursor does.
 */
export class Batch implements Submittable {
  /** The rows of each statement; rejects with PostgreSQL's error. */
  readonly results: Promise<unknown[][]>;
  readonly #statements: readonly Written[];
  /** Sent to be parsed and not confirmed yet, in their order. */
  readonly #parsing: Written[] = [];
  readonly #done: unknown[][] = [];
  #shapes: Map<string, Shape> = new Map();
  #shape: Shape | undefined;
  #rows: unknown[] = [];
  #resolve: (rows: unknown[][]) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #forget: () => void = () => {};

  /** Throws where a value cannot be written: half a batch on the wire would leave the connection waiting. */
  constructor(statements: readonly Statement[]) {
    this.#statements = statements.map(({ name = "", text, values }) => ({
      name,
      text,
      values: values.map(prepareValue),
    }));
    this.results = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Answers an error, as pg expects it, where it can send nothing. */
  submit(connection: Connection): Error | undefined {
    const wire = connection as unknown as Wire;
    const name = clash(this.#statements, wire.parsedStatements);
    if (name !== undefined) return new Error(`storage: two statements are named ${name}`);
    this.#shapes = shapesOn(wire);
    wire.stream.cork?.();
    try {
      for (const statement of this.#statements) this.#send(wire, statement);
      this.#confirm(wire);
      wire.sync();
    } finally {
      wire.stream.uncork?.();
    }
    return undefined;
  }

  #send(wire: Wire, statement: Written): void {
    const { name, text, values } = statement;
    const known = name !== "" && (name in wire.parsedStatements || this.#parsing.some((each) => each.name === name));
    if (!known) {
      wire.parse({ name, text });
      this.#parsing.push(statement);
    }
    wire.bind({ statement: name, values });
    if (!known || !this.#shapes.has(name)) wire.describe({ type: "P", name: "" });
    wire.execute({ rows: 0 });
  }

  /** The server keeps a statement that it has parsed, whatever becomes of the transaction, and no other one. */
  #confirm(wire: Wire): void {
    if (this.#parsing.length === 0) return;
    const parsed = (): void => {
      const statement = this.#parsing.shift();
      if (statement && statement.name !== "") wire.parsedStatements[statement.name] = statement.text;
    };
    wire.on("parseComplete", parsed);
    this.#forget = () => wire.off("parseComplete", parsed);
  }

  handleRowDescription(message: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#shape = message.fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    this.#shape ??= this.#shapes.get(this.#current) ?? [];
    const row: Record<string, unknown> = {};
    let i = 0;
    for (const { name, parse } of this.#shape) {
      const text = fields[i++];
      row[name] = text === null || text === undefined ? null : parse(text);
    }
    this.#rows.push(row);
  }

  /** The name of the statement that is being answered. */
  get #current(): string {
    return this.#statements[this.#done.length]?.name ?? "";
  }

  handleCommandComplete(): void {
    const name = this.#current;
    if (name !== "" && !this.#shapes.has(name)) this.#shapes.set(name, this.#shape ?? []);
    this.#done.push(this.#rows);
    this.#rows = [];
    this.#shape = undefined;
  }

  handleEmptyQuery(): void {
    this.#done.push([]);
  }

  handleError(error: unknown): void {
    this.#forget();
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#forget();
    this.#resolve(this.#done);
  }
}

/** A name that stands for two texts, here or on the connection. */
function clash(statements: readonly Written[], parsed: Readonly<Record<string, string>>): string | undefined {
  const texts = new Map<string, string>();
  for (const { name, text } of statements) {
    if (name === "") continue;
    if ((parsed[name] ?? texts.get(name) ?? text) !== text) return name;
    texts.set(name, text);
  }
  return undefined;
}

function shapesOn(wire: Wire): Map<string, Shape> {
  let known = shapes.get(wire);
  if (!known) {
    known = new Map();
    shapes.set(wire, known);
  }
  return known;
}
