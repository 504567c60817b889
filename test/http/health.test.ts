import assert from "node:assert/strict";
import express from "express";
import supertest from "supertest";
import { health, type HealthOptions } from "../../src/http/health.ts";
import { listen, stop } from "../../src/http/lifecycle.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { problemHandler } from "../../src/http/problem.ts";
import { logLines } from "./logLines.ts";

const KEY = "operator-key-of-thirty-two-chars";
const { registry } = createMetrics();

function app(options: Partial<HealthOptions> = {}) {
  const router = health({ ready: () => Promise.resolve(true), operatorKeys: ["old", KEY], registry, ...options });
  return express().use(router, problemHandler(logLines("silent").log));
}

describe("/healthz and /readyz", () => {
  it("healthz is 200 while the process lives, ready or not", async () => {
    await supertest(app({ ready: () => Promise.resolve(false) }))
      .get("/healthz")
      .expect(200);
  });

  it("readyz is 200 when ready", async () => {
    await supertest(app()).get("/readyz").expect(200, "ready").expect("Cache-Control", "no-store");
  });

  it("readyz is 503 when not ready, when the check fails, and when it hangs", async () => {
    for (const ready of [
      () => Promise.resolve(false),
      () => Promise.reject(new Error("down")),
      () => {
        throw new Error("down");
      },
      () => new Promise<boolean>(() => undefined),
    ]) {
      await supertest(app({ ready })).get("/readyz").expect(503, "not ready");
    }
  });

  it("other methods are 405, HEAD is not", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics"]) {
      await supertest(app()).post(path).expect(405).expect("Allow", "GET, HEAD");
      await supertest(app()).head(path).expect(200);
    }
  });
});

describe("/metrics", () => {
  it("is Prometheus text for loopback", async () => {
    const { headers, text } = await supertest(app()).get("/metrics").expect(200);
    assert.match(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(text, /^process_cpu_seconds_total /m);
  });

  it("is for loopback over IPv6 too, also as a mapped IPv4 address", async () => {
    const server = await listen(app(), { host: "::", port: 0 });
    try {
      await supertest(server).get("/metrics").expect(200);
    } finally {
      await stop(server);
    }
  });

  it("demands the operator key of what came through a proxy on this machine", async () => {
    for (const header of ["X-Forwarded-For", "Forwarded", "Via"]) {
      await supertest(app()).get("/metrics").set(header, "127.0.0.1").expect(401);
    }
  });

  it("takes any of the operator's keys", async () => {
    for (const key of ["old", KEY]) {
      const request = supertest(app()).get("/metrics").set("Via", "1.1 proxy");
      await request.set("Authorization", `Bearer ${key}`).expect(200);
    }
  });

  it("refuses other keys with 401 and a challenge", async () => {
    for (const value of [`Bearer ${KEY}x`, `Basic ${KEY}`, "Bearer "]) {
      const request = supertest(app()).get("/metrics").set("Via", "1.1 proxy").set("Authorization", value);
      const { body, headers } = await request.expect(401);
      assert.equal(body.code, "unauthenticated");
      assert.match(headers["www-authenticate"] ?? "", /^Bearer /);
    }
  });
});
