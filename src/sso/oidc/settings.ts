import { Refusal } from "../../base/errors.ts";
import type { OidcSettings, SsoConnection } from "../types.ts";
import { entraTenant, isEntra } from "./provider.ts";
import { refused } from "./refusal.ts";

/** A connection with what OpenID Connect alone may have configured. */
export interface OidcConnection extends SsoConnection {
  /** Google: the Workspace domain that the claim `hd` must equal. */
  readonly hostedDomain?: string | null;
  /** Asked for besides `openid email profile`. */
  readonly scopes?: readonly string[];
}

/** What an admin typed. */
export interface TypedOidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | null;
}

const WELL_KNOWN = "/.well-known/openid-configuration";
const MOST_ISSUER = 1024;
/** RFC 6749 §A.1 and §A.2: `VSCHAR`; the length is ours. */
const VSCHARS = /^[\x20-\x7e]{1,512}$/;

/**
 * The settings that an admin typed, with the issuer as its discovery document will name it: of the address of that
 * document, which many copy, the issuer is kept.
 *
 * @param provider the connection's; `entra` is held to one tenant
 * @param allowHttp whether `http:` issuers may be reached at all (ALLOWED_NETWORKS)
 * @throws Refusal invalid_request
 */
export function checkOidcSettings(typed: TypedOidcSettings, provider: string, allowHttp: boolean): OidcSettings {
  const issuer = typed.issuer.trim().replace(WELL_KNOWN, "");
  const fault = issuerFault(issuer, allowHttp) ?? entraFault(provider, issuer);
  if (fault !== undefined) throw wrong("issuer", fault);
  const clientId = typed.clientId.trim();
  if (!VSCHARS.test(clientId)) throw wrong("clientId", "must be the client id that the provider shows, in ASCII");
  const clientSecret = typed.clientSecret?.trim() || null;
  if (clientSecret !== null && !VSCHARS.test(clientSecret)) {
    throw wrong("clientSecret", "must be the client secret that the provider shows, in ASCII");
  }
  return { issuer, clientId, clientSecret };
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
