/** Security headers of machine-read answers, worked out once so that a request costs no more than setting them. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
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

function pagePolicy(sources: Readonly<Record<string, readonly string[]>>): Setting {
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

/** Sets headers on every answer of a surface. */
type Setting = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** Sets helmet's headers and `Cache-Control: no-store` on the answers of the APIs. */
export function apiHeaders(): Setting {
  return setting(apiPolicy);
}

/** The same for pages that people look at; with `script` those that have the one of passkeys, from a file of ours. */
export function pageHeaders({ script = false } = {}): Setting {
  return setting(pagePolicy(script ? { ...pageSources, scriptSrc: ["'self'"] } : pageSources));
}

function setting(policy: Setting): Setting {
  const headers = [...computed(policy), ["Cache-Control", "no-store"] as const];
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    next();
  };
}

/** Lets helmet write to an answer that goes nowhere, and keeps what it wrote. */
function computed(policy: Setting): [string, string][] {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  policy(req, res, () => undefined);
  return res.getHeaderNames().map((name) => [name, String(res.getHeader(name))]);
}
