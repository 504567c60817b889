/**
 * The house as data, and pure functions that say where a source breaks it. `../architecture.test.ts` applies them to
 * the sources and, first, to planted violations.
 */
import { type ModuleFacts, readModule, type SourceFile } from "./module.ts";

interface Row {
  readonly rooms: readonly string[];
  /** Which room of the row may import which other of it. */
  readonly arrows: readonly (readonly [from: string, to: string])[];
}

/** From the top of the house down: a row imports only rows below it, and within a row along the arrows. */
export const rows: readonly Row[] = [
  {
    rooms: ["main.ts", "cli.ts", "cli", "server.ts", "config.ts"],
    arrows: [
      ["main.ts", "server.ts"],
      ["main.ts", "config.ts"],
      ["cli.ts", "cli"],
      ["cli", "config.ts"],
      ["server.ts", "config.ts"],
    ],
  },
  {
    rooms: ["provisioning", "admin", "access", "sso", "console"],
    // admin/ has what an admin says of an identity provider checked where it will be used.
    arrows: [
      ["access", "sso"],
      ["admin", "sso"],
    ],
  },
  { rooms: ["directory", "events"], arrows: [["directory", "events"]] },
  { rooms: ["storage", "http", "mail"], arrows: [] },
  { rooms: ["admission", "scim"], arrows: [["admission", "scim"]] },
  { rooms: ["base"], arrows: [] },
];

/** The web page speaks only HTTP to the server: it may import nothing of the house but itself. */
const apart: ReadonlySet<string> = new Set(["console"]);

/** Surfaces that express routes; SCIM stands beside it (docs/decisions/0008-scim-beside-express.md). */
const expressSurfaces = ["admin", "access", "sso", "console"];
const pureRooms: ReadonlySet<string> = new Set(["scim", "admission"]);
/** What a pure room may import from outside: libraries that compute and do nothing else. */
const purePackages: ReadonlySet<string> = new Set(["ajv", "ajv-formats", "node:util"]);

/** Packages that belong to some rooms. */
const confined: readonly { packages: readonly string[]; rooms: readonly string[] }[] = [
  { packages: ["express", "express-serve-static-core"], rooms: ["http", "server.ts", ...expressSurfaces] },
  { packages: ["find-my-way"], rooms: ["http"] },
  { packages: ["pg", "@electric-sql/pglite"], rooms: ["storage"] },
  { packages: ["nodemailer"], rooms: ["mail"] },
  { packages: ["cookie"], rooms: ["http"] },
];

/** Names that bring clock, chance, network or environment into a room that must have none. */
const impure =
  /^(Date\.now|new Date\(\)|Date\(\)|Math\.random|(process|performance|crypto)(\..*)?|(fetch|set(Timeout|Interval|Immediate))\(\))$/;
/** What base/ offers that is not pure: fresh ids and secrets are made by the caller. */
const impureExports: ReadonlySet<string> = new Set(["newId", "newSecret", "seal"]);

/** Whole statements, as the source writes them: "Select" at the start of a sentence is English. */
const sql = [
  /^\s*(select|SELECT)\s[^]*\s(from|FROM)\s/,
  /\b(insert into|INSERT INTO|delete from|DELETE FROM)\s+\S/,
  /\b(update|UPDATE)\s+\w+(\s+(as\s+|AS\s+)?\w+)?\s+(set|SET)\s+(\w+\s*=|\()/,
  /\b(from|FROM)\s+\w+\s+(\w+\s+)?(where|WHERE)\s+[\w.]+\s*(=|<|>|in\b|is\b|IN\b|IS\b)/,
  /^\s*(create|alter|drop|CREATE|ALTER|DROP)\s+(table|index|role|policy|TABLE|INDEX|ROLE|POLICY)\s/,
  /^\s*(begin|commit|rollback|set local|BEGIN|COMMIT|ROLLBACK|SET LOCAL)\b/,
];

const MOST_LINES = 400;

/** Every breach of the house's rules in these files (paths from the project's root), as lines for a person. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const facts = readModule(file);
    const room = roomOf(file.path);
    const found = [...roomFaults(room, file, facts), ...confinementFaults(room, facts)];
    if (pureRooms.has(room)) found.push(...pureFaults(facts));
    found.push(...environmentFaults(room, facts), ...sqlFaults(room, file, facts), ...lengthFaults(file));
    return found.map((fault) => `${file.path}: ${fault}`);
  });
}

/** The room of a source: its first folder under src/, or its own name where it lies directly there. */
function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function rowOf(room: string): number {
  return rows.findIndex((row) => row.rooms.includes(room));
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  if (apart.has(from) || apart.has(to)) return false;
  const [upper, lower] = [rowOf(from), rowOf(to)];
  if (lower === -1) return false;
  if (upper !== lower) return upper < lower;
  return rows[upper]?.arrows.some(([a, b]) => a === from && b === to) ?? false;
}

function roomFaults(room: string, file: SourceFile, facts: ModuleFacts): string[] {
  if (rowOf(room) === -1) return [`the house has no room "${room}"`];
  const unreadable = facts.opaqueImports > 0 ? ["imports something that only run time knows"] : [];
  const outOfOrder = facts.imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => new URL(specifier, `file:///${file.path}`).pathname.slice(1))
    .filter((path) => !path.startsWith("src/") || !mayImport(room, roomOf(path)))
    .map((path) => `${room} may not import ${path}`);
  return [...unreadable, ...outOfOrder];
}

function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".")) return undefined;
  const [scope = "", name = ""] = specifier.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

function confinementFaults(room: string, facts: ModuleFacts): string[] {
  return facts.imports.flatMap(({ specifier }) => {
    const name = packageOf(specifier) ?? "";
    const rule = confined.find(({ packages }) => packages.includes(name));
    if (rule === undefined || rule.rooms.includes(room)) return [];
    return [`${name} belongs to ${rule.rooms.join(", ")}`];
  });
}

function pureFaults(facts: ModuleFacts): string[] {
  const packages = facts.imports.flatMap(({ specifier }) => packageOf(specifier) ?? []);
  const foreign = packages.filter((name) => !purePackages.has(name)).map((name) => `a pure room imports ${name}`);
  const names = facts.imports.flatMap((one) => one.names).filter((name) => impureExports.has(name));
  const uses = facts.uses.filter((use) => impure.test(use));
  return [...foreign, ...[...names, ...uses].map((name) => `a pure room uses ${name}`)];
}

function environmentFaults(room: string, facts: ModuleFacts): string[] {
  if (room === "config.ts") return [];
  const viaImport = facts.imports.some(
    ({ specifier, names }) => /^(node:)?process$/.test(specifier) && names.includes("env"),
  );
  const viaGlobal = facts.uses.some((use) => /^process\.env(\.|$)/.test(use));
  return viaImport || viaGlobal ? ["process.env belongs to config.ts"] : [];
}

function sqlFaults(room: string, file: SourceFile, facts: ModuleFacts): string[] {
  if (room === "storage" || file.path.endsWith(".store.ts")) return [];
  const found = facts.strings.filter((text) => sql.some((pattern) => pattern.test(text)));
  return found.map((text) => `SQL belongs to *.store.ts: ${text.trim().slice(0, 60)}`);
}

function lengthFaults(file: SourceFile): string[] {
  const lines = file.text.trimEnd().split("\n").length;
  return lines > MOST_LINES ? [`${lines} lines; ${MOST_LINES} are the most`] : [];
}
