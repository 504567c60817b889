/** Which addresses an application may have: browsers and messages are sent there. */
import { type FieldFault, Refusal } from "../../base/errors.ts";
import type { Application } from "./applications.store.ts";

type Uris = Pick<
  Application,
  "type" | "redirectUris" | "postLogoutRedirectUris" | "backchannelLogoutUri" | "initiateLoginUri" | "resources"
>;

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
/** RFC 8252 §7.1: a scheme of one's own is a domain name in reverse, so that no other application has it by chance. */
const OWN_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/;

/** @throws Refusal `invalid_request` with each fault at its place */
export function checkUris(application: Uris): void {
  const { type, redirectUris, postLogoutRedirectUris, backchannelLogoutUri, initiateLoginUri, resources } = application;
  const back = (uri: string): string | null => redirectFault(uri, type);
  const faults = [
    ...redirectUris.map((uri, i) => at(`/redirectUris/${i}`, back(uri))),
    ...postLogoutRedirectUris.map((uri, i) => at(`/postLogoutRedirectUris/${i}`, back(uri))),
    at("/backchannelLogoutUri", backchannelLogoutUri === null ? null : webFault(backchannelLogoutUri)),
    at("/initiateLoginUri", initiateLoginUri === null ? null : webFault(initiateLoginUri)),
    ...resources.map((uri, i) => at(`/resources/${i}`, resourceFault(uri))),
  ].filter((fault) => fault !== null);
  if (faults.length === 0) return;
  throw new Refusal("invalid_request", faults.map(({ path, message }) => `${path} ${message}.`).join(" "), {
    errors: faults,
  });
}

function at(path: string, message: string | null): FieldFault | null {
  return message === null ? null : { path, message };
}

/** RFC 6749 §3.1.2: absolute, without fragment; RFC 9700 §4.1.3: compared as it stands, so that no wildcard means anything. */
function redirectFault(uri: string, type: Application["type"]): string | null {
  const url = parsed(uri);
  if (url !== null && type === "native" && OWN_SCHEME.test(url.protocol)) return plainFault(url);
  return webFault(
    uri,
    type === "native" ? "https, http on loopback, or a scheme of your domain in reverse" : undefined,
  );
}

function webFault(uri: string, allowed = "https, or http on loopback"): string | null {
  const url = parsed(uri);
  const isHttps = url?.protocol === "https:";
  const isLoopback = url?.protocol === "http:" && LOOPBACK.includes(url.hostname);
  if (url === null || (!isHttps && !isLoopback)) return `must be an absolute address: ${allowed}`;
  return plainFault(url);
}

function plainFault(url: URL): string | null {
  if (url.href.includes("#")) return "must have no fragment";
  if (url.username !== "" || url.password !== "") return "must hold no user name or password";
  return url.href.includes("*") ? "must hold no wildcard: addresses are compared as they stand" : null;
}

/** RFC 8707 §2: "an absolute URI … MUST NOT include a fragment component". */
function resourceFault(uri: string): string | null {
  const url = parsed(uri);
  if (url === null) return "must be an absolute URI";
  return uri.includes("#") ? "must have no fragment" : null;
}

function parsed(uri: string): URL | null {
  return URL.canParse(uri) && !/[\s\p{Cc}]/u.test(uri) ? new URL(uri) : null;
}
