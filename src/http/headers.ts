/** Security headers of machine-read answers, worked out once so that a request costs no more than setting them. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { RequestHandler } from "express";
import helmet from "helmet";

const apiPolicy = helmet({
  // JSON is not a page: should a browser show it all the same, nothing in it loads, runs or is framed.
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  referrerPolicy: { policy: "no-referrer" },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** Sets helmet's headers and `Cache-Control: no-store` on the answers of the APIs. */
export function apiHeaders(): RequestHandler {
  const headers = [...computed(), ["Cache-Control", "no-store"] as const];
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    next();
  };
}

/** Lets helmet write to an answer that goes nowhere, and keeps what it wrote. */
function computed(): [string, string][] {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  apiPolicy(req, res, () => undefined);
  return res.getHeaderNames().map((name) => [name, String(res.getHeader(name))]);
}
