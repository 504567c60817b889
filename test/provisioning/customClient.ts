/** A SCIM client of a server whose operator has put `test/schemas/` into USHER_SCHEMAS_DIR. */
import assert from "node:assert/strict";
import { createServer as createHttpServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import supertest from "supertest";
import { createDirectory } from "../../src/directory/directories/directories.ts";
import { createLogger } from "../../src/http/logger.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry, schemasOf, type Registry, type ResourceType } from "../../src/scim/registry.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { validate } from "../../src/scim/validate.ts";
import { createServer } from "../../src/server.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Statement } from "../../src/storage/types.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import {
  at,
  BASE_URL,
  ERROR,
  scimClient,
  textOf,
  type Answer,
  type ScimClientOptions,
  testProvisioningLog,
} from "../support/scim.ts";

const urn = (name: string): string => `urn:example:params:scim:schemas:test:1.0:${name}`;
export const TEST = urn("TestResource");
export const REQUIRED = urn("Required");
export const OPTIONAL = urn("Optional");
export const BADGE = urn("Badge");
export const OFFICE = urn("Office");

const testSchemas = fileURLToPath(new URL("../schemas", import.meta.url));

/** The registry of the operator's files. */
export function testRegistry(): Registry {
  const { schemas, resourceTypes } = readSchemaFiles(ownSchemas, testSchemas);
  return createRegistry(schemas, resourceTypes);
}

const registry = testRegistry();
const found = registry.resourceType("TestResource");
assert.ok(found);
/** TestResource, as the server has it. */
export const testType = found;

/** A server of its own: with another registry, or other keys. */
export async function customServer(
  parts: { registry?: Registry; secretKeys?: readonly Buffer[] } = {},
): Promise<Server> {
  const app = createServer({
    db: await testDatabase(),
    registry,
    publicUrl: BASE_URL.replace(/\/scim\/v2$/, ""),
    operatorKeys: ["k".repeat(32)],
    ...ways,
    trustProxy: false,
    provisioningLog: await testProvisioningLog(),
    log: createLogger("silent"),
    ...parts,
  });
  const server = createHttpServer(app);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return server.unref();
}

let shared: Promise<Server> | undefined;

export type CustomClient = Awaited<ReturnType<typeof customClient>>;
type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** A client of a fresh tenant. */
export async function customClient(options: ScimClientOptions = {}) {
  shared ??= customServer();
  const { db, who, token, directoryId, newToken } = await scimClient(options);
  const on = (server: Server, bearer: string, type = testType) => callsBy(senderOf(server, bearer, type));
  return {
    ...on(await shared, token),
    db,
    who,
    directoryId,
    /** The same on another server, which may have another TestResource. */
    on: (server: Server, type?: ResourceType) => on(server, token, type),
    /** A token of another directory of the tenant. */
    ofOtherDirectory: async (name: string) => {
      const directory = await createDirectory(db, { ...who, now: new Date() }, { name, provider: "custom" });
      const other = await newToken({ directoryId: directory.id });
      return { ...on(await (shared as Promise<Server>), other.token), directoryId: directory.id };
    },
    query: async <Row>(text: string, ...values: unknown[]): Promise<Row[]> => {
      const statement: Statement<Row> = { text, values: [who.tenantId, ...values] };
      return (await onceInTenant(db, who, statement))[0];
    },
  };
}

function senderOf(server: Server, token: string, type: ResourceType): Send {
  return async (method, path, body, headers = {}) => {
    const verb = method.toLowerCase() as "get" | "post" | "put" | "patch" | "delete";
    const call = supertest(server)[verb](`/scim/v2${path}`).set("authorization", `Bearer ${token}`).set(headers);
    if (body !== undefined) call.set("content-type", "application/scim+json").send(JSON.stringify(body));
    const { status, headers: answered, body: parsed } = await call;
    const shown = parsed as ScimObject;
    const answer: Answer = { status, headers: answered, body: shown, id: textOf(shown["id"]) };
    checkAnswer(answer, path, type);
    return answer;
  };
}

function callsBy(send: Send) {
  const post = (body: object, query = "") => send("POST", `/TestResources${query}`, body);
  return {
    send,
    get: (path: string, headers?: Readonly<Record<string, string>>) => send("GET", path, undefined, headers),
    post,
    /** Creates a TestResource and answers its id. */
    create: async (more: object = {}): Promise<string> => {
      const { status, body, id } = await post(resource(more));
      assert.equal(status, 201, textOf(body["detail"]));
      return id;
    },
    /** A PATCH of a TestResource. */
    operate: (id: string, ...Operations: readonly object[]) =>
      send("PATCH", `/TestResources/${id}`, {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        Operations,
      }),
    /** Ids of the TestResources that a filter finds. */
    find: async (filter: string, rest = ""): Promise<string[]> => {
      const { status, body } = await send("GET", `/TestResources?filter=${encodeURIComponent(filter)}${rest}`);
      assert.equal(status, 200, `${filter}: ${textOf(body["detail"])}`);
      return (body["Resources"] as { id: string }[]).map(({ id }) => id);
    },
  };
}

/** The least that a TestResource needs, and what else is given. */
export function resource(more: object = {}): object {
  return { schemas: [TEST, REQUIRED, OPTIONAL], text: "one", [REQUIRED]: { code: "c" }, ...more };
}

/** What must hold of every answer that shows a TestResource as a whole. */
function checkAnswer({ status, headers, body }: Answer, path: string, type: ResourceType): void {
  if (status === 204 || status === 304) return assert.deepEqual(body, {});
  assert.equal(headers["content-type"], "application/scim+json");
  if (status >= 400) {
    assert.deepEqual([body["schemas"], body["status"]], [[ERROR], String(status)]);
    return;
  }
  if (at(body, "/meta/resourceType") !== "TestResource" || /attributes=/i.test(path)) return;
  validate(type, body);
  assert.deepEqual(body["schemas"], schemasOf(type, body));
  assert.equal(at(body, "/meta/location"), `${BASE_URL}/TestResources/${textOf(body["id"])}`);
  assert.equal(headers["etag"], at(body, "/meta/version"));
  assert.ok(!/secret|"(writeOnly|key|pin)"/i.test(JSON.stringify(body)), "what is never returned is returned");
}
