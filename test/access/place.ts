/** A server that browsers can reach, with tenants, connections and people of its own. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hashToken } from "../../src/base/secrets.ts";
import { keepProvisioningLog } from "../../src/directory/provisioningLog/provisioningBuffer.ts";
import { createLogger } from "../../src/http/logger.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry } from "../../src/scim/registry.ts";
import { createServer } from "../../src/server.ts";
import type { Tenant } from "../../src/directory/tenants/tenant.ts";
import type { SettingsChange } from "../../src/directory/tenants/tenantSettings.ts";
import { ways, OPERATOR_KEY } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
const registry = createRegistry(schemas, resourceTypes);

/** What the log of the server holds: no secret may be in it. */
export const logged: string[] = [];

const listening = new Map<string, Promise<string>>();

/** The address of the server, which is also its PUBLIC_URL; by name for what an address of numbers cannot be. */
export function server(host: "127.0.0.1" | "localhost" = "127.0.0.1"): Promise<string> {
  const known = listening.get(host) ?? serve(host);
  listening.set(host, known);
  return known;
}

function serve(host: string): Promise<string> {
  return testDatabase().then(async (db) => {
    const http = createHttpServer((req, res) => app(req, res)).listen(0, "127.0.0.1");
    await once(http, "listening");
    const publicUrl = `http://${host}:${(http.address() as AddressInfo).port}`;
    const log = createLogger("info", { write: (line: string) => void logged.push(line) });
    const app = createServer({
      db,
      registry,
      publicUrl,
      operatorKeys: [OPERATOR_KEY],
      ...ways,
      trustProxy: "loopback",
      provisioningLog: keepProvisioningLog({ db, log }),
      log,
    });
    http.unref();
    return publicUrl;
  });
}

let places = 0;

/** Where browsers are: elsewhere with each place, for what one case sends in a minute is not to count for the next. */
const address = (): string => `10.9.${places >> 8}.${places & 255}`;

/** An answer as a browser sees it. */
export interface Seen {
  readonly status: number;
  readonly location: string;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser: keeps cookies, follows nothing by itself. */
export class Browser {
  readonly cookies = new Map<string, string>();

  get(path: string, headers: Record<string, string> = {}): Promise<Seen> {
    return this.send("GET", path, undefined, headers);
  }

  /** Posts a form as a page of our own does, unless `crossSite`: then Lax cookies stay at home. */
  post(path: string, form: Record<string, string> | URLSearchParams, crossSite = false): Promise<Seen> {
    return this.send("POST", path, new URLSearchParams(form), {}, crossSite);
  }

  async send(
    method: string,
    path: string,
    body?: URLSearchParams | string,
    headers: Record<string, string> = {},
    crossSite = false,
  ): Promise<Seen> {
    const base = await server();
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const from = { "x-forwarded-for": address() };
    const sent = { ...from, ...headers, ...(cookie !== "" && !crossSite ? { cookie } : {}) };
    const init = { method, headers: sent, redirect: "manual", ...(body === undefined ? {} : { body }) } as const;
    const response = await fetch(new URL(path, base), init);
    for (const line of response.headers.getSetCookie()) this.keep(line);
    const { status } = response;
    return {
      status,
      location: response.headers.get("location") ?? "",
      text: await response.text(),
      headers: response.headers,
    };
  }

  private keep(line: string): void {
    const [pair = ""] = line.split(";");
    const [name = "", value = ""] = pair.split("=");
    if (/max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  /** `GET /session`. */
  async session(): Promise<{ status: number; body: Record<string, unknown> }> {
    const { status, text } = await this.get("/api/v1/session");
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  }
}

/** Calls the admin API as the operator. */
export async function api(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }> {
  const base = await server();
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as never };
}

/** A tenant that owns `<slug>.example`. */
export async function place(
  wanted: { settings?: SettingsChange; seatLimit?: number } = {},
): Promise<Tenant & { domain: string }> {
  places += 1;
  // What comes without a browser is from here.
  await (await testDatabase()).pool.query("delete from attempt_limits where key = $1", [hashToken("ip:127.0.0.1")]);
  const tenant = await newTenant(wanted);
  const domain = `${tenant.slug}.com`;
  assert.equal((await api("POST", `/tenants/${tenant.slug}/domains`, { domain })).status, 201);
  const verified = await api("POST", `/tenants/${tenant.slug}/domains/${domain}/verify`, { force: true });
  assert.equal(verified.status, 200);
  return { ...tenant, domain };
}

/** How many members, seats in use and sessions a tenant has. */
export async function counts(tenant: Tenant): Promise<{ members: number; held: number; sessions: number }> {
  const { pool } = await testDatabase();
  const count = async (sql: string): Promise<number> => Number((await pool.query(sql, [tenant.id])).rows[0].count);
  return {
    members: await count("select count(*) from members where tenant_id = $1"),
    held: await count("select count(*) from members where tenant_id = $1 and seat = 'held'"),
    sessions: await count("select count(*) from sessions where tenant_id = $1"),
  };
}

/** Pushes a person as a directory does, who is then managed by it. */
export async function pushed(tenant: Tenant, user: object): Promise<string> {
  const made = await api("POST", `/tenants/${tenant.slug}/scim-tokens`, { name: "directory" });
  const { token } = made.body as { token: string };
  const response = await fetch(`${await server()}/scim/v2/Users`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
    body: JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], active: true, ...user }),
  });
  assert.equal(response.status, 201);
  return ((await response.json()) as { id: string }).id;
}
