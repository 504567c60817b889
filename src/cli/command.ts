/** cli/ is the operator's command line: it opens the same database as the server and calls the same use-cases. */
import type { Config } from "../config.ts";
import type { Database } from "../storage/types.ts";

/** What a command works with. */
export interface Opened {
  readonly config: Config;
  readonly db: Database;
  /** 32 bytes each; the first seals, all open. */
  readonly secretKeys: readonly Buffer[];
}

/** A call of a command, its words taken away. */
export interface CommandCall {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly words: readonly string[];
  /** Opens the database; it is closed when the command is over. @throws ConfigFault, Refusal `unavailable` */
  readonly open: () => Promise<Opened>;
  readonly now: () => Date;
  /** Tells what is going on, while it is; not part of the result. */
  readonly note: (line: string) => void;
}

/** What a command has found or done. */
export interface Outcome {
  /** For `--json`. */
  readonly json: unknown;
  readonly lines: readonly string[];
  /** 0 unless given. */
  readonly status?: number;
}

/** A command, found by its words. */
export interface Command {
  /** As `jobs list`. */
  readonly name: string;
  /** What follows the name, for people. */
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, { readonly type: "string" | "boolean" }>>;
  /** How many further words it takes. */
  readonly words: readonly [least: number, most: number];
  readonly run: (call: CommandCall) => Promise<Outcome>;
}

/** Something that is asked for wrongly: what is allowed stands in the message. */
export class UsageFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageFault";
  }
}

/** A whole number of an option. @throws UsageFault */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageFault(`${name} must be a whole number from ${least} to ${most}`);
}

/** Rows in columns that stand below each other. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
