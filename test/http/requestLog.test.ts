import assert from "node:assert/strict";
import { once } from "node:events";
import express, { Router } from "express";
import supertest from "supertest";
import { Refusal } from "../../src/base/errors.ts";
import { isUuid } from "../../src/base/ids.ts";
import { createLogger } from "../../src/http/logger.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { problemHandler } from "../../src/http/problem.ts";
import { requestId, requestLog } from "../../src/http/requestLog.ts";
import { logLines } from "./logLines.ts";
import { open, withServer } from "./rawRequest.ts";

/** An application with one router below `/scim/v2`. */
function logged(level: "info" | "warn" = "info") {
  const out = logLines(level);
  const observed: unknown[][] = [];
  const app = express();
  app.use(requestLog(out.log, (url, method, status, seconds) => observed.push([url, method, status, typeof seconds])));
  const router = Router();
  router.post("/Users/:id", (req, res) => void res.status(201).end(requestId(req)));
  app.use("/scim/v2", router);
  return { app, ...out, observed };
}

describe("the log line of a request", () => {
  it("has id, method, route, status and milliseconds", async () => {
    const { app, lines } = logged();
    const { text } = await supertest(app).post("/scim/v2/Users/0190aaaa").expect(201);
    assert.equal(lines.length, 1);
    const { time, ms, id, ...rest } = lines[0]!;
    assert.deepEqual(rest, { level: "info", method: "POST", route: "/scim/v2/Users/:id", status: 201, msg: "request" });
    assert.ok(isUuid(id));
    assert.equal(id, text, "the same id within the request");
    assert.equal(typeof ms, "number");
    assert.match(String(time), /^\d{4}-.*Z$/);
  });

  it("holds nothing of query, body, headers or parameters", async () => {
    const { app, text } = logged();
    await supertest(app)
      .post("/scim/v2/Users/ana@example.com?filter=ana")
      .set("Authorization", "Bearer ana-token")
      .set("Cookie", "usher=ana-cookie")
      .set("X-Request-Id", "ana-request")
      .send({ password: "ana-password" });
    assert.equal(text().includes("ana"), false);
  });

  it("names the whole route also when an error left the router that has it", async () => {
    const { log, lines } = logLines();
    const router = Router();
    router.get("/Users/:id", () => {
      throw new Refusal("conflict", "why");
    });
    router.get("/", () => {
      throw new Refusal("conflict", "why");
    });
    const app = express();
    app.use(
      requestLog(log, () => undefined),
      Router().use("/scim/v2", router),
      problemHandler(log),
    );
    for (const path of ["/scim/v2/Users/ana?x=ana", "/scim/v2/", "/scim/v2"])
      await supertest(app).get(path).expect(409);
    assert.deepEqual(
      lines.map((line) => line["route"]),
      ["/scim/v2/Users/:id", "/scim/v2", "/scim/v2"],
    );
  });

  const unmatched: Record<string, string> = {
    "/": "/",
    "/scim/Users/ana": "/scim/Users/…",
    "/ana@example.com": "/…",
    "/a%0Ab/x?y=ana": "/…/x",
    "/scim/v2/Nothing/ana": "/scim/v2/…",
  };
  for (const [path, route] of Object.entries(unmatched)) {
    it(`shows of ${path}, which no route matches, only ${route}`, async () => {
      const { app, lines } = logged();
      await supertest(app).get(path).expect(404);
      assert.equal(lines[0]?.["route"], route);
    });
  }

  it("is not written above the level info, while the measure is still taken", async () => {
    const { app, lines, observed } = logged("warn");
    await supertest(app).post("/scim/v2/Users/1");
    assert.deepEqual(lines, []);
    assert.deepEqual(observed, [["/scim/v2/Users/1", "POST", 201, "number"]]);
  });

  it("says 499 when the client left before the answer", async () => {
    const { log, lines } = logLines();
    const app = express().use(requestLog(log, () => undefined));
    const closed = new Promise<void>((resolve) => {
      app.get("/", (req, res) => {
        res.once("close", resolve);
        req.socket.destroy();
      });
    });
    await withServer(app, async (server) => {
      const socket = await open(server);
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      await Promise.all([closed, once(socket, "close")]);
    });
    assert.equal(lines[0]?.["status"], 499);
  });
});

describe("the log", () => {
  it("redacts credentials wherever they stand first or second", () => {
    const { log, lines, text } = logLines();
    const secrets = { authorization: "s3", cookie: "s3", password: "s3", token: "s3", secret: "s3" };
    log.info({ ...secrets, headers: secrets }, "x");
    assert.equal(text().includes("s3"), false);
    assert.equal(lines[0]?.["token"], "[redacted]");
  });

  it("does not write at level silent", () => {
    const { log, lines } = logLines("silent");
    log.fatal("x");
    assert.deepEqual(lines, []);
  });

  it("accepts every level of LOG_LEVEL", () => {
    for (const level of ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const) {
      assert.equal(createLogger(level, { write: () => undefined }).level, level);
    }
  });
});

describe("request metrics", () => {
  it("count by surface, method and status class, in a bounded number of labels", async () => {
    const { registry, observe } = createMetrics();
    observe("/scim/v2/Users?filter=ana", "GET", 200, 0.01);
    observe("/api/v1/tenants/acme", "POST", 409, 0.01);
    observe("/x", "BREW", 404, 0.01);
    const text = await registry.getSingleMetricAsString("usher_http_request_duration_seconds");
    assert.match(text, /_count\{surface="scim",method="GET",status="2xx"\} 1/);
    assert.match(text, /_count\{surface="api",method="POST",status="4xx"\} 1/);
    assert.match(text, /_count\{surface="other",method="other",status="4xx"\} 1/);
    assert.equal(/acme|ana/.test(text), false);
  });
});
