import assert from "node:assert/strict";
import supertest from "supertest";
import { adminSurface, resources } from "../../src/admin/index.ts";
import { openApi, pathParameters } from "../../src/admin/openapi.ts";
import type { Route } from "../../src/admin/route.ts";
import { requestChecks } from "../../src/admin/validation.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { createLogger } from "../../src/http/logger.ts";
import { adminApp, api, type Api, type ApiReply, documentOf, type Method, OPERATOR_KEY, ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const routes = resources.flatMap((resource) => resource.routes);
const STRANGER = "018f4e2a-7b1c-7def-8abc-1234567890ab";

function methodOf(route: Route): Method {
  return route.method.toLowerCase() as Method;
}

/** The path of a route, with this tenant and this id. */
function pathOf(route: Route, tenant: string, id = STRANGER): string {
  return route.path.replace("{t}", tenant).replaceAll(/\{\w+\}/g, id);
}

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

describe("the document", () => {
  it("is public, and no browser or proxy stores it", async () => {
    const { status, body, headers } = await operator.as(null).get("/openapi.json");
    assert.equal(status, 200);
    assert.equal(body.openapi, "3.1.0");
    assert.deepEqual(body.servers, [{ url: "https://usher.example/api/v1" }]);
    assert.equal(headers["cache-control"], "no-store");
  });

  it("describes every route, each with its own operationId", async () => {
    const { document } = await documentOf(adminApp(await testDatabase()));
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = ["GET /openapi.json", ...routes.map(({ method, path }) => `${method} ${path}`)];
    assert.deepEqual(described.toSorted(), served.toSorted());
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation["operationId"]),
    );
    assert.equal(new Set(ids).size, ids.length);
  });

  it("declares every path parameter once, as required", async () => {
    const { document } = await documentOf(adminApp(await testDatabase()));
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        const parameters = (operation["parameters"] ?? []) as { name: string; in: string; required?: boolean }[];
        const inPath = parameters.filter((parameter) => parameter.in === "path");
        assert.deepEqual(
          inPath.map(({ name, required }) => [name, required]),
          pathParameters(path).map((name) => [name, true]),
        );
      }
    }
  });

  it("says what each operation answers, with a description each (OpenAPI 3.1 §4.8.17)", async () => {
    const { document } = await documentOf(adminApp(await testDatabase()));
    for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
      const statuses = Object.keys(operation.responses);
      assert.ok(statuses.some((status) => status.startsWith("2")));
      assert.ok(statuses.includes("default"));
      for (const reply of Object.values(operation.responses)) assert.ok("description" in reply);
    }
  });

  it("holds no reference that leads nowhere, and only schemas that JSON Schema 2020-12 knows", async () => {
    const { document, ajv } = await documentOf(adminApp(await testDatabase()));
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = ""]) => target);
    assert.ok(references.length > 0);
    for (const target of new Set(references)) {
      assert.ok(target.startsWith("#/components/schemas/"), target);
      assert.doesNotThrow(() => ajv.compile({ $ref: `openapi${target}` }), target);
    }
    const { schemas } = document["components"] as { schemas: Record<string, unknown> };
    for (const name of Object.keys(schemas)) ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
  });

  it("holds a query and a body of every route that requests can be checked by, which is tried at first use", () => {
    const checkOf = requestChecks(openApi(resources, "https://usher.example/api/v1"));
    for (const route of routes) {
      const { query, body } = checkOf(route);
      const checks = [() => query(new URLSearchParams()), () => body({})];
      for (const check of checks) {
        try {
          check();
        } catch (error) {
          assert.ok(isRefusal(error, "invalid_request"), `${route.operationId}: ${String(error)}`);
        }
      }
    }
  });

  it("lets no object of a body have fields that it does not name (T15)", async () => {
    const { document } = await documentOf(adminApp(await testDatabase()));
    const { schemas } = document["components"] as { schemas: Readonly<Record<string, unknown>> };
    const open: string[] = [];
    const seen = new Set<unknown>();
    const walk = (schema: unknown, at: string): void => {
      if (typeof schema !== "object" || schema === null || seen.has(schema)) return;
      seen.add(schema);
      const { type, additionalProperties, $ref } = schema as Record<string, unknown>;
      if (type === "object" && additionalProperties === undefined) open.push(at);
      if (typeof $ref === "string") walk(schemas[$ref.split("/").at(-1) ?? ""], $ref);
      for (const [key, value] of Object.entries(schema)) walk(value, `${at}/${key}`);
    };
    for (const { body, operationId } of routes) walk(body, operationId);
    assert.deepEqual(open, []);
  });
});

describe("a path of the API", () => {
  it("that no route has answers not_found as a problem document, with or without a credential", async () => {
    for (const call of [operator, operator.as(null)]) {
      for (const path of ["/", "/nothing", "/tenants/x/y/z", "/Tenants"]) {
        const { status, body } = await call.get(path);
        assert.equal(status, 404, path);
        assert.equal(body.code, "not_found");
        assert.equal(body.type, "/problems/not_found");
      }
    }
  });

  it("answers 405 with Allow to a method that it does not have (RFC 9110 §15.5.6)", async () => {
    const plans = await operator.delete("/plans");
    assert.equal(plans.status, 405);
    assert.equal(plans.headers["allow"], "GET, HEAD, PUT");
    const tenants = await operator.put("/tenants", {});
    assert.equal(tenants.status, 405);
    assert.equal(tenants.headers["allow"], "POST, GET, HEAD");
  });

  it("answers HEAD as GET, without a body", async () => {
    const app = adminApp(await testDatabase());
    const reply = await supertest(app).head("/api/v1/plans").set("Authorization", `Bearer ${OPERATOR_KEY}`);
    assert.equal(reply.status, 200);
    assert.equal(reply.text ?? "", "");
  });

  it("forbids sniffing and storing of every answer", async () => {
    for (const { headers } of [await operator.get("/plans"), await operator.get("/nothing")]) {
      assert.equal(headers["cache-control"], "no-store");
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  });
});

describe("a body", () => {
  const broken: readonly (readonly [what: string, body: string, status: number, code: string])[] = [
    ["that is empty", "", 400, "invalid_request"],
    ["that is cut off", '{"slug":', 400, "invalid_request"],
    ["that is not JSON", "slug=acme", 400, "invalid_request"],
    ["that is a list", "[]", 400, "invalid_request"],
    ["that is null", "null", 400, "invalid_request"],
    ["that holds U+0000", '{"slug":"a","name":"a\\u0000b"}', 400, "invalid_request"],
    ["that holds half a surrogate pair", '{"slug":"a","name":"\\ud800"}', 400, "invalid_request"],
    ["that reaches for the prototype", '{"slug":"a","name":"b","__proto__":{"plan":"pro"}}', 400, "invalid_request"],
    ["of two megabytes", JSON.stringify({ slug: "a", name: "x".repeat(2_000_000) }), 413, "content_too_large"],
  ];
  for (const [what, body, status, code] of broken) {
    it(`${what} is refused with ${status}`, async () => {
      const reply = await operator.post("/tenants", body);
      assert.equal(reply.status, status);
      assert.equal(reply.body.code, code);
    });
  }

  it("of another media type is refused with 415", async () => {
    const app = adminApp(await testDatabase());
    const request = supertest(app).post("/api/v1/tenants").set("Authorization", `Bearer ${OPERATOR_KEY}`);
    const reply = await request.set("Content-Type", "text/plain").send("{}");
    assert.equal(reply.status, 415);
    assert.equal(reply.headers["accept"], "application/json");
  });

  it("with many faults is told of each place once, and of twenty places at most", async () => {
    const { body } = await operator.post("/tenants", { slug: "A", name: "", plan: 7, seatLimit: "x" });
    assert.deepEqual(body.errors.map((fault: { path: string }) => fault.path).toSorted(), [
      "/name",
      "/plan",
      "/seatLimit",
      "/slug",
    ]);
    const flood = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, i]));
    assert.equal((await operator.post("/tenants", flood)).body.errors.length, 20);
  });

  it("names a field of slashes and tildes by a JSON Pointer (RFC 6901 §3)", async () => {
    const { body } = await operator.post("/tenants", { slug: "a", name: "b", "x/y~z": 1 });
    assert.equal(body.errors[0].path, "/x~1y~0z");
  });
});

describe("a query", () => {
  const faults: readonly (readonly [query: string, path: string])[] = [
    ["limit=0", "/limit"],
    ["limit=201", "/limit"],
    ["limit=ten", "/limit"],
    ["limit=1.5", "/limit"],
    ["limit=", "/limit"],
    ["limit=1&limit=2", "/limit"],
    ["offset=5", "/offset"],
    ["cursor=", "/cursor"],
    ["__proto__=5", "/__proto__"],
  ];
  for (const [query, path] of faults) {
    it(`of ${query} is refused, saying where`, async () => {
      const { status, body } = await operator.get(`/tenants?${query}`);
      assert.equal(status, 400);
      assert.equal(body.code, "invalid_request");
      assert.equal(body.errors[0].path, path);
    });
  }

  it("is refused by a route that has none", async () => {
    assert.equal((await operator.get("/plans?limit=5")).status, 400);
  });
});

describe("every route", () => {
  // What is public (signing in, the document) asks for no credential.
  for (const route of routes.filter(({ permission }) => permission !== "public")) {
    const name = `${route.method} ${route.path}`;

    it(`${name} refuses who brings no credential, or one that is not valid`, async () => {
      const { id } = await newTenant();
      const dead = `usk_${id.replaceAll("-", "")}_${"A".repeat(43)}`;
      for (const token of [null, "x", dead, dead.replace("usk", "usc"), `${OPERATOR_KEY}x`]) {
        const reply: ApiReply = await operator.as(token)[methodOf(route)](pathOf(route, id));
        assert.equal(reply.status, 401, reply.text);
        assert.equal(reply.body.code, "unauthenticated");
        assert.match(reply.headers["www-authenticate"] ?? "", /^Bearer realm="usher"/);
      }
    });

    if (route.scope === "server") {
      it(`${name} refuses a tenant's key that may do everything in its tenant`, async () => {
        const call = operator.as(await fullKey((await newTenant()).id));
        const reply: ApiReply = await call[methodOf(route)](pathOf(route, "x"));
        assert.equal(reply.status, 403);
      });
      continue;
    }

    it(`${name} does not know another tenant, by id or slug, whatever the key may do`, async () => {
      const [own, other] = [await newTenant(), await newTenant()];
      const call = operator.as(await fullKey(own.id));
      for (const reference of [other.id, other.slug, STRANGER, "nobody"]) {
        const reply: ApiReply = await call[methodOf(route)](pathOf(route, reference));
        assert.equal(reply.status, 404, reply.text);
        assert.equal(reply.body.code, "not_found");
      }
    });

    it(`${name} refuses a key that may do everything else`, async () => {
      const { id } = await newTenant();
      const made = await operator.post(`/tenants/${id}/api-keys`, { name: "key", permissions: ["crm:view"] });
      const reply: ApiReply = await operator.as(made.body.key)[methodOf(route)](pathOf(route, id));
      assert.equal(reply.status, 403);
    });

    if (!route.path.includes("{id}")) continue;
    it(`${name} answers not_found for another tenant's ids, unknown ones and what is no id`, async () => {
      const [own, other] = [await newTenant(), await newTenant()];
      const foreign = await idsOf(other.id);
      for (const id of [...foreign, STRANGER, "x", "0", "null", "%00", `${STRANGER}x`]) {
        const reply: ApiReply = await operator[methodOf(route)](pathOf(route, own.id, id), bodyFor(route));
        assert.equal(reply.status, 404, `${id}: ${reply.text}`);
        assert.equal(reply.body.code, "not_found");
      }
    });
  }
});

async function fullKey(tenantId: string): Promise<string> {
  return (await operator.post(`/tenants/${tenantId}/api-keys`, { name: "all", permissions: ["*"] })).body.key;
}

/** An id of each kind of thing that a tenant has. */
async function idsOf(tenantId: string): Promise<string[]> {
  const base = `/tenants/${tenantId}`;
  const member = { email: "ana@example.com", name: { givenName: "Ana", familyName: "Berg" } };
  const made = [
    await operator.post(`${base}/members`, member),
    await operator.post(`${base}/directories`, { name: "second" }),
    await operator.post(`${base}/scim-tokens`, { name: "token" }),
    await operator.post(`${base}/machine-credentials`, { kind: "client", name: "client" }),
    await operator.post(`${base}/api-keys`, { name: "key", permissions: ["*"] }),
    await operator.post(`${base}/setup-links`, { intents: ["sso"] }),
  ];
  for (const { status, text } of made) assert.equal(status, 201, text);
  const { body: leaver } = await operator.post(`${base}/members`, { ...member, email: "bea@example.com" });
  assert.equal((await operator.delete(`${base}/members/${leaver.id}`)).status, 204);
  const [left] = (await operator.get(`${base}/offboardings`)).body.items;
  return [...made.map(({ body }) => body.id), left.id, tenantId];
}

/** A body that the route's schema takes. */
function bodyFor(route: Route): unknown {
  return route.body ? {} : undefined;
}

describe("a fault of a handler", () => {
  it("is hidden behind a reference, and what a request held is not logged", async () => {
    const db = await testDatabase();
    const lines: string[] = [];
    const log = createLogger("error", { write: (line: string) => void lines.push(line) });
    const query = (): never => {
      throw new Error("a bug below");
    };
    const broken = { ...db, pool: { connect: () => Promise.resolve({ query, release: () => undefined }) } as never };
    const surface = adminSurface({
      db: broken,
      operatorKeys: [OPERATOR_KEY],
      publicUrl: "https://usher.example",
      ...ways,
      log,
    });
    const { default: express } = await import("express");
    const app = express().use("/api/v1", surface);
    const reply = await supertest(app).get("/api/v1/plans").set("Authorization", `Bearer ${OPERATOR_KEY}`);
    assert.equal(reply.status, 500);
    assert.equal(reply.body.code, "internal");
    assert.doesNotMatch(reply.text, /a bug below/);
    assert.ok(lines.join("").includes(reply.body.reference));
    assert.equal(lines.join("").includes(OPERATOR_KEY), false);
  });
});
