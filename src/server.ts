import type { RequestListener } from "node:http";
import express from "express";
import { accessSurface } from "./access/index.ts";
import { adminSurface } from "./admin/index.ts";
import { providersFor } from "./admin/setupProviders.ts";
import type { ProvisioningLog } from "./directory/provisioningLog/provisioningBuffer.ts";
import type { LookUpTxt } from "./http/dns.ts";
import { notFound } from "./http/fallback.ts";
import { health } from "./http/health.ts";
import type { Logger } from "./http/logger.ts";
import type { Outbound } from "./http/outbound.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import { problemHandler } from "./http/problem.ts";
import { requestLog } from "./http/requestLog.ts";
import { asksScim, scimSurface } from "./provisioning/index.ts";
import type { Registry } from "./scim/registry.ts";
import { outboundFetch } from "./sso/oidc/outboundFetch.ts";
import type { SamlThreads } from "./sso/saml/threads.ts";
import type { Database } from "./storage/types.ts";

/** What one server is made of. */
export interface ServerParts {
  readonly db: Database;
  readonly registry: Registry;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  readonly operatorKeys: readonly string[];
  /** 32 bytes each: the first encrypts, all decrypt. */
  readonly secretKeys: readonly Buffer[];
  readonly outbound: Outbound;
  readonly lookUpTxt: LookUpTxt;
  readonly samlThreads: SamlThreads;
  readonly trustProxy: boolean | number | string;
  readonly provisioningLog: ProvisioningLog;
  readonly log: Logger;
}

/** The list of surfaces: what answers under which path. */
export function createServer(parts: ServerParts): RequestListener {
  const metrics = createMetrics();
  const note = requestLog(parts.log, metrics.observe);
  const scim = scimSurface(parts);
  const app = appOf(parts, metrics);
  return (req, res) => note(req, res, () => (asksScim(req) ? scim(req, res) : app(req, res)));
}

/** All but SCIM. */
function appOf(parts: ServerParts, metrics: Metrics): RequestListener {
  const { db, log, operatorKeys } = parts;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("trust proxy", parts.trustProxy);
  app.use("/api/v1", adminSurface(parts));
  app.use(accessSurface({ ...parts, fetch: outboundFetch(parts.outbound), providers: providersFor(parts) }));
  app.use(health({ ready: () => answers(db), operatorKeys, registry: metrics.registry }));
  app.use(notFound);
  app.use(problemHandler(log));
  return app;
}

async function answers(db: Database): Promise<boolean> {
  await db.pool.query("select 1");
  return true;
}
