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

/** Pages have a style sheet and forms of our own, and nothing else; a form may lead on to an identity provider. */
const pageSources = { defaultSrc: ["'none'"], styleSrc: ["'self'"], baseUri: ["'none'"], frameAncestors: ["'none'"] };

function pagePolicy(sources: Readonly<Record<string, readonly string[]>>): Policy {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: sources },
    // Not no-referrer: with that a browser says `Origin: null` of our own forms too (Fetch §3.2), which then pass for
    // another site's. Other sites are told nothing.
    referrerPolicy: { policy: "same-origin" },
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}

/** Sets helmet's headers and `Cache-Control: no-store` on the answers of the APIs. */
export function apiHeaders(): RequestHandler {
  return setting(apiPolicy);
}

/** The same for pages that people look at; with `script` those that have the one of passkeys, from a file of ours. */
export function pageHeaders({ script = false } = {}): RequestHandler {
  return setting(pagePolicy(script ? { ...pageSources, scriptSrc: ["'self'"] } : pageSources));
}

type Policy = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

function setting(policy: Policy): RequestHandler {
  const headers = [...computed(policy), ["Cache-Control", "no-store"] as const];
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    next();
  };
}

/** Lets helmet write to an answer that goes nowhere, and keeps what it wrote. */
function computed(policy: Policy): [string, string][] {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  policy(req, res, () => undefined);
  return res.getHeaderNames().map((name) => [name, String(res.getHeader(name))]);
}
