/** The directories of the bench: tables of the bare server, and two tenants of Usher, for each size. */
import { Client } from "pg";
import { openConnection, type HttpAnswer, type HttpConnection, type HttpRequest } from "./connection.ts";
import { person } from "./people.ts";
import * as seed from "./seed.ts";

/** A directory of one server. */
export interface Directory {
  readonly kind: Kind;
  readonly port: number;
  /** Base of its SCIM paths. */
  readonly base: string;
  /** One for each connection: a token may send 600 requests a second, which one connection stays below. */
  readonly tokens: readonly string[];
  readonly size: number;
  /** Some of its people, spread over it. */
  readonly people: readonly seed.KnownPerson[];
  /** The ids of persons `from` to `to - 1`. */
  readonly ids: (from: number, to: number) => Promise<string[]>;
  /** Adds persons `from` to `to - 1`. */
  readonly grow: (from: number, to: number) => Promise<void>;
}

/** A table of the bare server, and tenants of Usher without and with a limit of seats. */
type Kind = "bare" | "unlimited" | "limited";

/** What is measured side by side at one size; each is made and filled when it is first asked for. */
export interface Place {
  readonly size: number;
  readonly directory: (kind: Kind) => Promise<Directory>;
}

/** More than a run can fill. */
const SEATS = 100_000_000;

/** How the servers and their database are reached while the directories are made. */
export interface Setup {
  readonly usherPort: number;
  readonly barePort: number;
  readonly operatorKey: string;
  readonly databaseUrl: string;
}

/** The directories of a size. */
export function placeOf(setup: Setup, size: number, connections: number): Place {
  const made = new Map<Kind, Promise<Directory>>();
  const make = (kind: Kind): Promise<Directory> =>
    kind === "bare"
      ? bareDirectory(setup, size, connections)
      : usherDirectory(setup, size, connections, kind === "limited" ? SEATS : null);
  const directory: Place["directory"] = (kind) => {
    const known = made.get(kind) ?? make(kind);
    made.set(kind, known);
    return known;
  };
  return { size, directory };
}

/** Tables of the bare server with `size` people. */
export async function bareDirectory(setup: Setup, size: number, connections: number): Promise<Directory> {
  const now = new Date().toISOString();
  const meta = { resourceType: "User", created: now, lastModified: now };
  const resource = { ...person(seed.TEMPLATE), meta };
  const grow: Directory["grow"] = (from, to) => withSql(setup, (sql) => seed.seedBare(sql, size, resource, from, to));
  await withSql(setup, async (sql) => {
    await sql.query("create schema if not exists bare");
    await seed.makeBare(sql, size);
  });
  if (size > 0) await grow(0, size);
  const tokens = Array.from({ length: connections }, () => "none");
  const known = await peopleOf(setup, seed.rowsOf(size));
  return { kind: "bare", port: setup.barePort, base: `/${size}`, tokens, size, grow, ...known };
}

/** A tenant of Usher with `size` people. */
export async function usherDirectory(
  setup: Setup,
  size: number,
  connections: number,
  seatLimit: number | null,
): Promise<Directory> {
  const { usherPort: port, operatorKey } = setup;
  const slug = `bench-${size}-${seatLimit === null ? "unlimited" : "limited"}-${Date.now().toString(36)}`;
  const { id = "" } = await create(port, "/api/v1/tenants", operatorKey, { slug, name: slug, seatLimit });
  const tokens: string[] = [];
  for (let i = 0; i < connections; i++) {
    const { token = "" } = await create(port, `/api/v1/tenants/${id}/scim-tokens`, operatorKey, { name: `bench ${i}` });
    tokens.push(token);
  }
  const base = "/scim/v2";
  const grow: Directory["grow"] = (from, to) => withSql(setup, (sql) => seed.seedUsher(sql, id, from, to));
  if (size > 0) await create(port, `${base}/Users`, tokens[0] ?? "", person(seed.TEMPLATE));
  if (size > 1) await grow(1, size);
  const kind = seatLimit === null ? "unlimited" : "limited";
  return { kind, port, base, tokens, size, grow, ...(await peopleOf(setup, seed.membersOf(id))) };
}

async function peopleOf(setup: Setup, query: string): Promise<Pick<Directory, "people" | "ids">> {
  const ids: Directory["ids"] = (from, to) => withSql(setup, (sql) => seed.idsOf(sql, query, from, to));
  return { people: await withSql(setup, (sql) => seed.sample(sql, query)), ids };
}

/** Creates a resource, before anything is measured. @throws Error that shows the answer, when it is not 201 */
export async function create(port: number, path: string, token: string, body: object): Promise<Record<string, string>> {
  const type = path.startsWith("/api/") ? "application/json" : "application/scim+json";
  const answer = await sendOnce(port, { method: "POST", path, token, body, type });
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as Record<string, string>;
}

/** Sends one request on a connection of its own. */
export async function sendOnce(port: number, request: HttpRequest): Promise<HttpAnswer> {
  const http: HttpConnection = await openConnection(port);
  try {
    return await http.send(request);
  } finally {
    http.close();
  }
}

async function withSql<T>({ databaseUrl }: Setup, work: (sql: Client) => Promise<T>): Promise<T> {
  const sql = new Client({ connectionString: databaseUrl });
  await sql.connect();
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
