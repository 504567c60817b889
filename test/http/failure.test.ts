import assert from "node:assert/strict";
import express, { type Express } from "express";
import supertest from "supertest";
import { Refusal, type RefusalCode, refusalStatus } from "../../src/base/errors.ts";
import { errorHandler, statusOf } from "../../src/http/failure.ts";
import { methodNotAllowed, notFound } from "../../src/http/fallback.ts";
import { apiHeaders } from "../../src/http/headers.ts";
import { problemHandler } from "../../src/http/problem.ts";
import { ScimRefusal } from "../../src/scim/types.ts";
import { type LogLines, logLines } from "./logLines.ts";

/** An application whose one path throws `error`. */
function throwing(error: unknown, logged: LogLines = logLines()): Express {
  const app = express();
  app.get("/", () => {
    throw error;
  });
  return app.use(problemHandler(logged.log));
}

describe("problem documents (RFC 9457)", () => {
  it("tell a refusal: type, title, status, detail, code, errors and its own members", async () => {
    const refusal = new Refusal("seat_limit_reached", "User seat limit reached: 25 of 25 seats used. Free a seat.", {
      errors: [{ path: "/email", message: "has no seat" }],
      extra: { contact: { name: "IT" } },
    });
    const { body, headers } = await supertest(throwing(refusal)).get("/").expect(409);
    assert.equal(headers["content-type"], "application/problem+json");
    assert.deepEqual(body, {
      contact: { name: "IT" },
      type: "/problems/seat_limit_reached",
      title: "Conflict",
      status: 409,
      detail: "User seat limit reached: 25 of 25 seats used. Free a seat.",
      code: "seat_limit_reached",
      errors: [{ path: "/email", message: "has no seat" }],
    });
  });

  for (const code of Object.keys(refusalStatus) as RefusalCode[]) {
    it(`give ${code} its status`, async () => {
      const { body } = await supertest(throwing(new Refusal(code, "why")))
        .get("/")
        .expect(refusalStatus[code]);
      assert.equal(body.code, code);
      assert.equal(body.status, refusalStatus[code]);
      assert.equal("errors" in body, false);
    });
  }

  it("keep their own members from being overwritten", async () => {
    const refusal = new Refusal("conflict", "why", { extra: { status: 200, code: "fine", type: "x", detail: "" } });
    const { body } = await supertest(throwing(refusal)).get("/").expect(409);
    assert.deepEqual([body.status, body.code, body.type, body.detail], [409, "conflict", "/problems/conflict", "why"]);
  });

  it("do not log refusals", async () => {
    const logged = logLines();
    await supertest(throwing(new Refusal("conflict", "why"), logged)).get("/");
    assert.deepEqual(logged.lines, []);
  });
});

describe("faults", () => {
  const secretive = Object.assign(new Error("relation users: boom", { cause: new Error("disk") }), {
    code: "23505",
    detail: "Key (email)=(ana@example.com) already exists.",
    constraint: "members_email",
    query: "insert …",
  });

  it("are answered 500 with a reference and nothing of the cause", async () => {
    const { body, text, headers } = await supertest(throwing(secretive)).get("/").expect(500);
    assert.equal(body.code, "internal");
    assert.equal(body.title, "Internal Server Error");
    assert.equal(body.reference, headers["x-request-id"]);
    assert.ok(body.detail.includes(body.reference));
    for (const leak of ["boom", "users", "disk", "23505", "ana@", ".ts"]) assert.equal(text.includes(leak), false);
  });

  it("are logged under that reference with stack and cause, without the values that PostgreSQL quotes", async () => {
    const logged = logLines();
    const { body } = await supertest(throwing(secretive, logged)).get("/?email=ana@example.com");
    const [line] = logged.lines;
    assert.equal(logged.lines.length, 1);
    assert.equal(line?.["level"], "error");
    assert.equal(line?.["id"], body.reference);
    const err = line?.["err"] as Record<string, unknown>;
    assert.deepEqual([err["code"], err["constraint"]], ["23505", "members_email"]);
    assert.match(String(err["stack"]), /failure\.test\.ts/);
    assert.equal((err["cause"] as Record<string, unknown>)["message"], "disk");
    assert.equal(logged.text().includes("ana@"), false);
  });

  it("may be anything that can be thrown", async () => {
    for (const thrown of ["text", 42, { status: 404, expose: true, message: "secret" }, Object.create(null)]) {
      const { text } = await supertest(throwing(thrown)).get("/").expect(500);
      assert.equal(text.includes("secret"), false);
    }
  });

  it("with a chain of causes that bites its tail are logged all the same", async () => {
    const logged = logLines();
    const loop = new Error("loop");
    loop.cause = loop;
    await supertest(throwing(loop, logged)).get("/").expect(500);
    assert.equal(logged.lines.length, 1);
  });

  it("after the answer has begun cut the connection, so that half an answer never looks whole", async () => {
    const logged = logLines();
    const app = express();
    app.get("/", (_req, res) => {
      res.write("half");
      throw new Error("late");
    });
    app.use(problemHandler(logged.log));
    await assert.rejects(async () => supertest(app).get("/"));
    assert.equal(logged.lines.length, 1);
  });
});

describe("headers of refusals", () => {
  it("401 carries WWW-Authenticate (RFC 9110 §15.5.2)", async () => {
    const app = throwing(new Refusal("unauthenticated", "why"));
    await supertest(app).get("/").expect("WWW-Authenticate", 'Bearer realm="usher"');
    await supertest(app)
      .get("/")
      .set("Authorization", "Bearer x")
      .expect("WWW-Authenticate", 'Bearer realm="usher", error="invalid_token"');
  });

  it("retryAfterSeconds becomes Retry-After", async () => {
    const refusal = new Refusal("unavailable", "why", { extra: { retryAfterSeconds: 7 } });
    await supertest(throwing(refusal)).get("/").expect(503).expect("Retry-After", "7");
  });
});

describe("where no route answers", () => {
  const app = express();
  app.get("/thing", (_req, res) => void res.end("thing"));
  app.get("/named/:id", (_req, res) => void res.end("named"));
  app.all("/thing", methodNotAllowed("GET", "HEAD"));
  app.use(notFound, problemHandler(logLines("silent").log));

  it("an unknown path is 404 in the surface's form", async () => {
    const { body } = await supertest(app).get("/nothing").expect(404);
    assert.equal(body.code, "not_found");
  });

  it("an unknown method of a known path is 405 with Allow (RFC 9110 §15.5.6)", async () => {
    const { body } = await supertest(app).delete("/thing").expect(405).expect("Allow", "GET, HEAD");
    assert.equal(body.detail, "DELETE is not possible here. Use GET, HEAD.");
  });

  it("a malformed percent-encoding in the path is 400, not a fault", async () => {
    const { body } = await supertest(app).get("/named/%E0%A4").expect(400);
    assert.equal(body.code, "invalid_request");
  });
});

describe("another surface's encoding", () => {
  it("sees the failure and the error itself, and chooses media type and form", async () => {
    const app = express();
    app.get("/", () => {
      throw new ScimRefusal("invalidFilter", "why");
    });
    app.use(
      errorHandler(logLines("silent").log, "application/scim+json", (failure, error) => ({
        status: String(failure.status),
        scimType: error instanceof ScimRefusal ? error.scimType : undefined,
      })),
    );
    const answer = await supertest(app).get("/").expect(400);
    assert.equal(answer.headers["content-type"], "application/scim+json");
    assert.deepEqual(answer.body, { status: "400", scimType: "invalidFilter" });
  });

  it("takes the status of a code from the one table", () => {
    assert.equal(statusOf(new Refusal("seat_limit_reached", "")), 409);
    assert.equal(statusOf(new ScimRefusal("uniqueness", "")), 409);
    assert.equal(statusOf(new Error()), 500);
    assert.equal(statusOf(undefined), 500);
  });
});

describe("security headers of the APIs", () => {
  it("forbid caching, sniffing, framing and loading", async () => {
    const app = express().use(apiHeaders());
    app.get("/", (_req, res) => void res.end("{}"));
    const { headers } = await supertest(app).get("/").expect(200);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["content-security-policy"], "default-src 'none';frame-ancestors 'none'");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.match(headers["strict-transport-security"] ?? "", /^max-age=/);
  });
});
