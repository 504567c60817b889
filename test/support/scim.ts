/**
 * A SCIM client for tests, each on a tenant of its own. Whatever a test is about, every answer that it gets is held
 * against what RFC 7643 and RFC 7644 demand of all answers.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer as createHttpServer, type Server } from "node:http";
import supertest from "supertest";
import { memberById } from "../../src/directory/members/members.store.ts";
import type { Member } from "../../src/directory/members/member.ts";
import { keepProvisioningLog, type ProvisioningLog } from "../../src/directory/provisioningLog/provisioningBuffer.ts";
import { createScimToken, type NewScimToken } from "../../src/directory/directories/scimTokens.ts";
import { countSeats } from "../../src/directory/seats/seats.store.ts";
import type { SettingsChange } from "../../src/directory/tenants/tenantSettings.ts";
import { createTenant } from "../../src/directory/tenants/tenants.ts";
import { createLogger } from "../../src/http/logger.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import type { DialectName } from "../../src/scim/dialects.ts";
import { createRegistry, schemasOf } from "../../src/scim/registry.ts";
import type { ScimObject, ScimValue } from "../../src/scim/types.ts";
import { validate } from "../../src/scim/validate.ts";
import { createServer } from "../../src/server.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { ways } from "./api.ts";
import { testDatabase } from "./database.ts";

/** The base that answers must name, whatever Host the tests really speak to. */
export const BASE_URL = "https://usher.example.com/scim/v2";
export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
export const LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
export const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

/** RFC 7644 §3.12 table 9 with erratum 6893, RFC 9865 §2.1: each keyword with the statuses that it may have. */
const SCIM_TYPES: Readonly<Record<string, readonly number[]>> = {
  invalidFilter: [400],
  tooMany: [400],
  uniqueness: [409],
  mutability: [400],
  invalidSyntax: [400],
  invalidPath: [400],
  noTarget: [400],
  invalidValue: [400],
  invalidVers: [400],
  sensitive: [403],
  invalidCursor: [400],
  expiredCursor: [400],
  invalidCount: [400],
};

const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
const registry = createRegistry(schemas, resourceTypes);
const found = registry.resourceType("User");
assert.ok(found);
/** User, as the server has it. */
const userType = found;

/** An answer; `body` is empty where there is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ScimObject;
  /** Of the resource; empty where it has none. */
  readonly id: string;
}

/** What a request has besides method and path. */
export interface Sending {
  /** Null takes away a header that the client would send. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** How the tenant of a client is, and how much its token forgives. */
export interface ScimClientOptions {
  readonly dialect?: DialectName;
  readonly settings?: SettingsChange;
  /** Absent = unlimited. */
  readonly seatLimit?: number;
}

/** What a refused request must leave as it was. */
export interface Snapshot {
  readonly members: readonly unknown[];
  readonly events: number;
  readonly seats: unknown;
}

export type ScimClient = Awaited<ReturnType<typeof scimClient>>;

let provisioningLog: ProvisioningLog | undefined;

/** The provisioning log of this test process: after `flush` all that was answered is in it. */
export async function testProvisioningLog(): Promise<ProvisioningLog> {
  provisioningLog ??= keepProvisioningLog({ db: await testDatabase(), log: createLogger("silent") });
  return provisioningLog;
}

let listening: Promise<Server> | undefined;

/** The one server of this test process, listening on loopback. */
export function testServer(): Promise<Server> {
  listening ??= testDatabase().then(async (db) => {
    const log = createLogger("silent");
    const publicUrl = BASE_URL.replace(/\/scim\/v2$/, "");
    const app = createServer({
      db,
      registry,
      publicUrl,
      operatorKeys: ["k".repeat(32)],
      ...ways,
      trustProxy: false,
      provisioningLog: await testProvisioningLog(),
      log,
    });
    const server = createHttpServer(app);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    // It must not keep the process alive when the tests are over.
    return server.unref();
  });
  return listening;
}

/** A client of a fresh tenant. */
export async function scimClient({ dialect = "tolerant", settings = {}, seatLimit }: ScimClientOptions = {}) {
  const db = await testDatabase();
  const now = new Date();
  const ownLimit = seatLimit === undefined ? null : { limit: seatLimit };
  const wanted = { slug: `t-${randomUUID().slice(1)}`, name: "Example", plan: null, ownLimit, settings };
  const { id: tenantId } = await createTenant(db, { actor: { type: "operator" }, now }, wanted);
  const who: Who = { tenantId, actor: { type: "operator" }, now };
  const newToken = async (token: Partial<NewScimToken> = {}) =>
    createScimToken(
      db,
      { ...who, now: new Date() },
      { name: "test", dialect, expiresAt: null, directoryId: null, ...token },
    );
  const { token, directoryId } = await newToken();
  const send = (method: string, path: string, sending: Sending = {}): Promise<Answer> =>
    request(method, path, { ...sending, headers: { authorization: `Bearer ${token}`, ...sending.headers } });
  const reading = (method: string) => (path: string, headers?: Sending["headers"]) =>
    send(method, path, headers && { headers });
  const writing = (method: string) => (path: string, body: unknown, headers?: Sending["headers"]) =>
    send(method, path, { body, ...(headers && { headers }) });
  const patch = writing("PATCH");
  return {
    db,
    who,
    token,
    directoryId,
    newToken,
    send,
    get: reading("GET"),
    delete: reading("DELETE"),
    post: writing("POST"),
    put: writing("PUT"),
    patch,
    /** A PATCH of these operations, in a PatchOp message. */
    operate: (id: string, ...operations: readonly object[]) => patch(`/Users/${id}`, patchOp(...operations)),
    find: (filter: string, rest = "") => send("GET", `/Users?filter=${encodeURIComponent(filter)}${rest}`),
    /** Creates a user and answers their id. */
    create: async (person: object): Promise<string> => {
      const { status, body, id } = await send("POST", "/Users", { body: person });
      assert.equal(status, 201, textOf(body["detail"]));
      return id;
    },
    member: async (id: string): Promise<Member> => {
      const [[member]] = await onceInTenant(db, who, memberById(tenantId, id));
      assert.ok(member, `no member ${id}`);
      return member;
    },
    seats: async () => (await onceInTenant(db, who, countSeats(tenantId)))[0][0],
    eventTypes: () => eventTypes(db, tenantId),
    snapshot: () => snapshot(db, tenantId),
  };
}

/** A PatchOp message (RFC 7644 §3.5.2). */
export function patchOp(...operations: readonly object[]): object {
  return { schemas: [PATCH_OP], Operations: operations };
}

/** The least that a User needs, and what else is given. */
export function user(userName: string, more: object = {}): object {
  return { schemas: [USER], userName, ...more };
}

/** A request with no credentials but what `headers` hold. */
export async function request(method: string, path: string, { headers = {}, body }: Sending = {}): Promise<Answer> {
  const server = await testServer();
  const verb = method.toLowerCase() as "get" | "post" | "put" | "patch" | "delete" | "options" | "head";
  const url = path.startsWith("/scim") ? path : `/scim/v2${path}`;
  const call = supertest(server)[verb](url).redirects(0);
  const sent = { ...(body !== undefined && { "content-type": "application/scim+json" }), ...lowered(headers) };
  for (const [name, value] of Object.entries(sent)) if (value !== null) call.set(name, value);
  if (body !== undefined) call.send(typeof body === "string" ? body : JSON.stringify(body));
  const { status, headers: answered, body: parsed } = await call;
  const shown = parsed as ScimObject;
  const answer: Answer = { status, headers: answered, body: shown, id: textOf(shown["id"]) };
  checkAnswer(answer, method, path);
  return answer;
}

function lowered(headers: NonNullable<Sending["headers"]>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** A value as text: of a string the string itself, empty where there is none. */
export function textOf(value: ScimValue | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** The statuses of answers whose order is open, the lowest first. */
export function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort((a, b) => a - b);
}

/** The value at a JSON Pointer (RFC 6901), or undefined. */
export function at(value: ScimValue | undefined, pointer: string): ScimValue | undefined {
  const steps = pointer.split("/").slice(1);
  return steps.reduce<ScimValue | undefined>((here, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return (here as Record<string, ScimValue> | null | undefined)?.[name];
  }, value);
}

/** What RFC 7643 and RFC 7644 demand of every answer. */
function checkAnswer({ status, headers, body }: Answer, method: string, path: string): void {
  if (status === 204 || status === 304 || method === "HEAD") return assert.deepEqual(body, {});
  // RFC 7644 §8.1; errors of every kind included, or directories cannot read them.
  assert.equal(headers["content-type"], "application/scim+json", `${method} ${path} answered ${status}`);
  if (status >= 400) return checkError(status, headers, body);
  const isPartial = /[?&](excludedA|a)ttributes=|\/\.search$/i.test(path);
  const messages = body["schemas"];
  const base = baseOf(path);
  if (Array.isArray(messages) && messages.includes(LIST_RESPONSE)) return checkList(body, isPartial, base);
  if (Array.isArray(messages) && messages.includes(USER)) checkUser(body, isPartial, base);
  if (Array.isArray(messages) && messages.includes(USER) && !isPartial) checkHeaders(status, headers, body);
}

/** That of one directory's own address, where the request went there. */
function baseOf(path: string): string {
  const [own] = /^\/scim\/tenants\/[^/]+\/directories\/[^/]+\/v2/.exec(path) ?? [];
  return own === undefined ? BASE_URL : BASE_URL.replace("/scim/v2", own);
}

function checkError(status: number, headers: Answer["headers"], body: ScimObject): void {
  const { scimType, ...rest } = body;
  assert.deepEqual(rest, { schemas: [ERROR], status: String(status), detail: body["detail"] });
  assert.ok(typeof body["detail"] === "string" && body["detail"] !== "", "an error says what is wrong");
  if (scimType !== undefined)
    assert.ok(SCIM_TYPES[textOf(scimType)]?.includes(status), `${textOf(scimType)} ${status}`);
  // RFC 9110 §15.5.2 and §15.5.6
  if (status === 401) assert.match(headers["www-authenticate"] ?? "", /^Bearer realm=/);
  if (status === 405) assert.match(headers["allow"] ?? "", /^[A-Z]+(, [A-Z]+)*$/);
}

function checkList(body: ScimObject, isPartial: boolean, base: string): void {
  const resources = body["Resources"];
  assert.ok(Array.isArray(resources), "Resources is there even if empty");
  assert.equal(body["itemsPerPage"], resources.length);
  assert.ok(Number.isSafeInteger(body["totalResults"]), "totalResults");
  // RFC 7644 §3.4.2.4 and RFC 9865 §2: the one or the other.
  if (body["startIndex"] !== undefined) {
    assert.ok(Number.isSafeInteger(body["startIndex"]), "startIndex");
    assert.ok(!("nextCursor" in body) && !("previousCursor" in body), "startIndex stands beside no cursor");
  }
  assert.ok(Number(body["totalResults"]) >= resources.length);
  for (const each of resources as ScimObject[]) {
    const ofUser = at(each, "/schemas") as string[] | undefined;
    if (ofUser?.includes(USER)) checkUser(each, isPartial, base);
  }
}

/** A User as our own schemas have it; what a client asked for in part lacks what is required, so only its parts count. */
function checkUser(shown: ScimObject, isPartial: boolean, base: string): void {
  assert.equal(typeof shown["id"], "string");
  assert.ok(!("password" in shown), "password is never returned (RFC 7643 §4.1.1)");
  checkAssigned(shown, "");
  if (isPartial) return;
  validate(userType, shown);
  assert.deepEqual(shown["schemas"], schemasOf(userType, shown));
  const meta = shown["meta"] as Record<string, string>;
  assert.equal(meta["resourceType"], "User");
  assert.equal(meta["location"], `${base}/Users/${textOf(shown["id"])}`);
  assert.match(meta["version"] ?? "", /^W\/"\d+"$/);
  assert.ok(Date.parse(meta["created"] ?? "") <= Date.parse(meta["lastModified"] ?? ""));
}

/** RFC 7643 §2.5: null and the empty array are unassigned, and what is unassigned is left out. */
function checkAssigned(value: ScimValue | undefined, path: string): void {
  assert.ok(value !== null && value !== undefined, `${path} is null`);
  if (typeof value !== "object") return;
  if (path !== "") assert.ok(Object.keys(value).length > 0, `${path} is empty`);
  for (const [name, inner] of Object.entries(value)) checkAssigned(inner, `${path}/${name}`);
}

/** RFC 7644 §3.1, §3.3 and §3.14: the headers say what `meta` says. */
function checkHeaders(status: number, headers: Answer["headers"], body: ScimObject): void {
  assert.equal(headers["content-location"], at(body, "/meta/location"));
  assert.equal(headers["etag"], at(body, "/meta/version"));
  assert.equal(headers["location"], status === 201 ? at(body, "/meta/location") : undefined);
}

async function eventTypes(db: Database, tenantId: string): Promise<string[]> {
  const text = "select type from events where tenant_id = $1 and type like 'member.%' order by xid, seq";
  const [rows] = await onceInTenant<[{ text: string; values: string[]; row?: { type: string } }]>(
    db,
    { tenantId },
    { text, values: [tenantId] },
  );
  return rows.map(({ type }) => type);
}

async function snapshot(db: Database, tenantId: string): Promise<Snapshot> {
  const text =
    "select to_jsonb(m) as row from members m where tenant_id = $1 union all select to_jsonb(s) from tenant_seats s where tenant_id = $1";
  const [rows] = await onceInTenant(db, { tenantId }, { text: `${text} order by 1`, values: [tenantId] });
  const events = await eventTypes(db, tenantId);
  return {
    members: rows,
    events: events.length,
    seats: (await onceInTenant(db, { tenantId }, countSeats(tenantId)))[0],
  };
}
