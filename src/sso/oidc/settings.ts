import { domainToASCII } from "node:url";
import { Refusal } from "../../base/errors.ts";
import type { OidcSettings, SsoConnection } from "../types.ts";
import { entraTenant, isEntra } from "./provider.ts";
import { refused } from "./refusal.ts";

/** What an admin typed. */
export interface TypedOidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | null;
  /** A domain as the admin writes it; null or absent for none. */
  readonly hostedDomain?: string | null;
  /** Null or absent = the usual ones. */
  readonly scopes?: readonly string[] | null;
  readonly endSession?: boolean;
  /** Absent = `client_secret`. */
  readonly clientAuthentication?: "client_secret" | "private_key_jwt";
}

/** What is kept of it; the secret apart. */
export type CheckedOidcSettings = Omit<OidcSettings, "clientKey"> & {
  readonly clientAuthentication?: "private_key_jwt";
};

const WELL_KNOWN = "/.well-known/openid-configuration";
const MOST_ISSUER = 1024;
/** RFC 6749 §A.1 and §A.2: `VSCHAR`; the length is ours. */
const VSCHARS = /^[\x20-\x7e]{1,512}$/;
/** RFC 6749 §3.3: `scope-token`. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const MOST_SCOPES = 20;
/** As A-labels (RFC 5890 §2.3.2.1). */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/**
 * The settings that an admin typed, with the issuer as its discovery document will name it: of the address of that
 * document, which many copy, the issuer is kept.
 *
 * @param provider the connection's; `entra` is held to one tenant
 * @param allowHttp whether `http:` issuers may be reached at all (ALLOWED_NETWORKS)
 * @throws Refusal invalid_request
 */
export function checkOidcSettings(typed: TypedOidcSettings, provider: string, allowHttp: boolean): CheckedOidcSettings {
  const issuer = typed.issuer.trim().replace(WELL_KNOWN, "");
  const fault = issuerFault(issuer, allowHttp) ?? entraFault(provider, issuer);
  if (fault !== undefined) throw wrong("issuer", fault);
  const clientId = typed.clientId.trim();
  if (!VSCHARS.test(clientId)) throw wrong("clientId", "must be the client id that the provider shows, in ASCII");
  const clientSecret = typed.clientSecret?.trim() || null;
  if (clientSecret !== null && !VSCHARS.test(clientSecret)) {
    throw wrong("clientSecret", "must be the client secret that the provider shows, in ASCII");
  }
  const more = { ...checkedHostedDomain(typed), ...checkedScopes(typed), ...checkedWays(typed, clientSecret) };
  return { issuer, clientId, clientSecret, ...more };
}

function checkedWays(
  { endSession, clientAuthentication }: TypedOidcSettings,
  clientSecret: string | null,
): Pick<CheckedOidcSettings, "endSession" | "clientAuthentication"> {
  const isKeyed = clientAuthentication === "private_key_jwt";
  if (isKeyed && clientSecret !== null) throw wrong("clientSecret", "does not go with private_key_jwt: leave it out");
  return {
    ...(endSession === true && { endSession }),
    ...(isKeyed && { clientAuthentication }),
  };
}

function checkedHostedDomain({ hostedDomain }: TypedOidcSettings): Pick<OidcSettings, "hostedDomain"> {
  if (hostedDomain === undefined || hostedDomain === null) return {};
  const domain = domainToASCII(hostedDomain.trim());
  if (!DOMAIN.test(domain)) throw wrong("hostedDomain", "must be the domain of the organisation, as example.com");
  return { hostedDomain: domain };
}

/** Core §3.1.2.1: without `openid` it would be no sign-in. */
function checkedScopes({ scopes }: TypedOidcSettings): Pick<OidcSettings, "scopes"> {
  if (scopes === undefined || scopes === null) return {};
  const all = [...new Set(["openid", ...scopes])];
  const fits = all.length <= MOST_SCOPES && all.every((scope) => SCOPE.test(scope));
  if (!fits) throw wrong("scopes", `must be at most ${MOST_SCOPES} names without spaces, as openid and email`);
  return { scopes: all };
}

/** @throws SignInRefused oidc_settings where the identity provider's data has not come yet */
export function settingsOf(connection: SsoConnection): OidcSettings {
  if (connection.oidc) return connection.oidc;
  throw refused("oidc_settings", "The connection has no issuer and client id yet.");
}

/** OpenID Connect Discovery §2: an https URL without query and fragment. */
function issuerFault(issuer: string, allowHttp: boolean): string | undefined {
  if (issuer.length > MOST_ISSUER || !URL.canParse(issuer)) return "must be a URL, as https://login.example.com";
  const url = new URL(issuer);
  const isSecure = url.protocol === "https:" || (allowHttp && url.protocol === "http:");
  if (!isSecure) return "must begin with https:";
  if (/[?#]/.test(issuer)) return "must have no query and no fragment";
  if (url.username !== "" || url.password !== "") return "must hold no user name and no password";
  // The library would take such a URL for the document itself, and then compare no issuer.
  if (url.pathname.includes("/.well-known/")) return "must be the issuer, not the address of its metadata";
  return undefined;
}

function entraFault(provider: string, issuer: string): string | undefined {
  if (!isEntra(provider, issuer) || entraTenant(issuer) !== null) return undefined;
  return "must name your directory by its id, as https://login.microsoftonline.com/<tenant id>/v2.0; not common, organizations, consumers or a domain";
}

function wrong(field: string, message: string): Refusal {
  return new Refusal("invalid_request", `oidc.${field} ${message}.`, { errors: [{ path: `/oidc/${field}`, message }] });
}
