import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Refusal } from "../base/errors.ts";
import { ConfigFault, knownSecretKeys, readConfig } from "../config.ts";
import { openDatabase } from "../storage/database.ts";
import { type Command, type Opened, UsageFault } from "./command.ts";
import { jobCommands } from "./jobs.ts";
import { secretKeyCommands } from "./secretKeys.ts";
import { signingKeyCommands } from "./signingKeys.ts";

/** sysexits.h: EX_USAGE, EX_UNAVAILABLE, EX_SOFTWARE, EX_CONFIG; 1 = it was understood, and not done. */
const STATUS = { usage: 64, unavailable: 69, fault: 70, configuration: 78, refused: 1 } as const;

const commands: readonly Command[] = [...jobCommands, ...secretKeyCommands, ...signingKeyCommands];

/** Where a command reads and writes. */
interface Terminal {
  /** The process's own unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs one command line.
 *
 * @param words what follows the program's name
 * @returns the exit status
 */
export async function runCli(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const command = commands.find(({ name }) => ` ${words.join(" ")} `.startsWith(` ${name} `));
    if (!command || isHelp(words)) return help(words, command, terminal);
    return await perform(command, words.slice(command.name.split(" ").length), terminal);
  } catch (error) {
    return failed(error, terminal);
  }
}

function isHelp(words: readonly string[]): boolean {
  return words.includes("--help") || words.includes("-h");
}

async function perform(command: Command, words: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parsed(command, words);
  const [least, most] = command.words;
  if (positionals.length < least || positionals.length > most) throw new UsageFault(usageOf(command));
  const { json: asJson, ...options } = values;
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => (opened ??= openFor(terminal));
  const note = (line: string): void => terminal.err(`${line}\n`);
  try {
    const call = { options, words: positionals, open, now: () => new Date(), note };
    const { json, lines, status = 0 } = await command.run(call);
    terminal.out(asJson === true ? `${JSON.stringify(json)}\n` : `${lines.join("\n")}\n`);
    return status;
  } finally {
    await (await opened?.catch(() => undefined))?.db.close();
  }
}

function parsed(command: Command, words: readonly string[]) {
  try {
    const options = { ...command.options, json: { type: "boolean" } } as const;
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Of Node.js: an option that is unknown, or lacks its value.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      throw new UsageFault(`${error.message}\n${usageOf(command)}`);
    }
    throw error;
  }
}

/** The server's own database, by the server's own variables. */
async function openFor({ environment, err }: Terminal): Promise<Opened> {
  const config = environment ? readConfig(environment) : readConfig();
  // Looking must not make a database where there is none.
  if (config.databaseUrl === null && !existsSync(join(config.dataDir, "pg"))) {
    const allowed = "the folder in which the server keeps its database; or set DATABASE_URL as it has it";
    throw new ConfigFault("USHER_DATA_DIR", `no database in ${JSON.stringify(config.dataDir)}`, allowed);
  }
  knownSecretKeys(config);
  const db = await openDatabase({
    url: config.databaseUrl ?? undefined,
    prepare: config.databasePrepare,
    folder: config.dataDir,
    connections: 2,
    onFault: (error) => err(`usher: an idle database connection broke: ${error.message}\n`),
  });
  // Once more, now that nobody else has the folder: somebody may have rotated them since.
  return { config, db, secretKeys: knownSecretKeys(config) };
}

function help(words: readonly string[], command: Command | undefined, { out, err }: Terminal): number {
  if (command) return (out(`${usageOf(command)}\n${command.summary}\n`), 0);
  const asked = words.filter((word) => !word.startsWith("-"));
  const about = commands.filter(({ name }) => asked.every((word, i) => name.split(" ")[i] === word));
  const isAsked = isHelp(words) || words.length === 0;
  const write = isAsked && about.length > 0 ? out : err;
  if (about.length === 0) err(`usher: there is no command ${JSON.stringify(asked.join(" "))}\n`);
  write(overview(about.length === 0 ? commands : about));
  return isAsked && about.length > 0 ? 0 : STATUS.usage;
}

function overview(shown: readonly Command[]): string {
  const each = shown.map(({ name, usage, summary }) => `  usher ${`${name} ${usage}`.trim()}\n      ${summary}\n`);
  const rest = [
    "Each takes --json and --help, and reads the variables that the server reads (README.md). The embedded database",
    "is one process's alone: stop the server first. Exit status: 0 done, 1 refused, 64 usage, 69 no database to be had,",
    "70 fault, 78 configuration.",
  ];
  return `${each.join("")}\n${rest.join("\n")}\n`;
}

function usageOf({ name, usage }: Command): string {
  return `usage: usher ${`${name} ${usage}`.trim()} [--json]`;
}

function failed(error: unknown, { err }: Terminal): number {
  const isKnown = error instanceof UsageFault || error instanceof ConfigFault || error instanceof Refusal;
  const told = error instanceof Error ? (isKnown ? error.message : String(error.stack)) : String(error);
  err(`usher: ${told}\n`);
  if (error instanceof UsageFault) return STATUS.usage;
  if (error instanceof ConfigFault) return STATUS.configuration;
  if (error instanceof Refusal) return error.code === "unavailable" ? STATUS.unavailable : STATUS.refused;
  return STATUS.fault;
}
