/** The directories of the bench: a table of the bare server, and two tenants of Usher, for each size. */
import { Client } from "pg";
import { openConnection, type HttpConnection } from "./connection.ts";
import { person } from "./people.ts";
import { seedBare, seedUsher, someMembers, someRows, TEMPLATE, type KnownPerson } from "./seed.ts";

/** A directory of one server. */
export interface Directory {
  /** Base of its SCIM paths. */
  readonly base: string;
  /** One for each connection: a token may send 600 requests a second, which one connection stays below. */
  readonly tokens: readonly string[];
  readonly size: number;
  /** Some of its people, spread over it. */
  readonly people: readonly KnownPerson[];
}

/** What is measured side by side at one size. */
export interface Place {
  readonly size: number;
  readonly bare: Directory;
  readonly unlimited: Directory;
  readonly limited: Directory;
}

/** More than a run can fill. */
const SEATS = 100_000_000;

/** How the servers and their database are reached while the directories are made. */
export interface Setup {
  readonly usherPort: number;
  readonly operatorKey: string;
  readonly databaseUrl: string;
  readonly connections: number;
}

/** Makes and fills the directories of each size. */
export async function makePlaces(setup: Setup, sizes: readonly number[]): Promise<Place[]> {
  const sql = new Client({ connectionString: setup.databaseUrl });
  await sql.connect();
  const http = await openConnection(setup.usherPort);
  try {
    await sql.query("drop schema if exists bare cascade");
    await sql.query("create schema bare");
    const places: Place[] = [];
    for (const size of sizes) {
      places.push({
        size,
        bare: await bareDirectory(sql, size, setup.connections),
        unlimited: await tenant(setup, sql, http, size, null),
        limited: await tenant(setup, sql, http, size, SEATS),
      });
    }
    return places;
  } finally {
    http.close();
    await sql.end();
  }
}

async function bareDirectory(sql: Client, size: number, connections: number): Promise<Directory> {
  const now = new Date().toISOString();
  const meta = { resourceType: "User", created: now, lastModified: now };
  await seedBare(sql, size, { ...person(TEMPLATE), meta });
  const tokens = Array.from({ length: connections }, () => "none");
  return { base: `/${size}`, tokens, size, people: await someRows(sql, size) };
}

async function tenant(
  setup: Setup,
  sql: Client,
  http: HttpConnection,
  size: number,
  seatLimit: number | null,
): Promise<Directory> {
  const post = (path: string, token: string, body: object): Promise<Record<string, string>> =>
    created(http, path, token, body);
  const slug = `bench-${size}-${seatLimit === null ? "unlimited" : "limited"}-${Date.now().toString(36)}`;
  const { id = "" } = await post("/api/v1/tenants", setup.operatorKey, { slug, name: slug, seatLimit });
  const tokens: string[] = [];
  for (let i = 0; i < setup.connections; i++) {
    const { token = "" } = await post(`/api/v1/tenants/${id}/scim-tokens`, setup.operatorKey, { name: `bench ${i}` });
    tokens.push(token);
  }
  const base = "/scim/v2";
  await post(`${base}/Users`, tokens[0] ?? "", person(TEMPLATE));
  await seedUsher(sql, id, size);
  return { base, tokens, size, people: await someMembers(sql, id) };
}

async function created(
  http: HttpConnection,
  path: string,
  token: string,
  body: object,
): Promise<Record<string, string>> {
  const type = path.startsWith("/api/") ? "application/json" : "application/scim+json";
  const answer = await http.send({ method: "POST", path, token, body, type });
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as Record<string, string>;
}
