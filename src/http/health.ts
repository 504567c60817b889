/** Whether the process lives, whether it can serve, and what it measures. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, isIP } from "node:net";
import { Router } from "express";
import type { Registry } from "prom-client";
import { Refusal } from "../base/errors.ts";
import { sameSecret } from "../base/secrets.ts";
import { bearerToken } from "./bearer.ts";
import { methodNotAllowed } from "./fallback.ts";

export interface HealthOptions {
  /** Whether migrations are applied and the database answers; a throw or silence counts as no. */
  readonly ready: () => Promise<boolean>;
  readonly operatorKeys: readonly string[];
  readonly registry: Registry;
}

/** How long `/readyz` waits for `ready`. */
const READY_MS = 2_000;
const FORWARDED = ["forwarded", "x-forwarded-for", "via"];

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** `/healthz`, `/readyz` and `/metrics`; errors go to the application's error handler. */
export function health(options: HealthOptions): Router {
  const router = Router();
  router.get("/healthz", (_req, res) => sendText(res, 200, "alive"));
  router.get("/readyz", async (_req, res) => {
    const ready = await withinTime(options.ready);
    sendText(res, ready ? 200 : 503, ready ? "ready" : "not ready");
  });
  router.get("/metrics", async (req, res) => {
    if (!isLocal(req)) requireOperator(req, options.operatorKeys);
    sendText(res, 200, await options.registry.metrics(), options.registry.contentType);
  });
  router.all(["/healthz", "/readyz", "/metrics"], methodNotAllowed("GET", "HEAD"));
  return router;
}

function sendText(res: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  res.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  res.end(text);
}

/** A database that hangs must not make the probe hang. */
async function withinTime(ready: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, READY_MS, false);
  });
  try {
    return await Promise.race([ready(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the request itself comes from this machine: a proxy on it brings those of the whole world. */
function isLocal(req: IncomingMessage): boolean {
  const address = req.socket.remoteAddress ?? "";
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  return loopback.check(address, family) && FORWARDED.every((name) => req.headers[name] === undefined);
}

function requireOperator(req: IncomingMessage, operatorKeys: readonly string[]): void {
  const token = bearerToken(req);
  if (operatorKeys.some((key) => sameSecret(key, token))) return;
  throw new Refusal("unauthenticated", "Metrics are for this machine or the operator key, which this is not.");
}
