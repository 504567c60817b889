/** What the library leaves to be judged of an ID token whose signature, issuer, audience, nonce and expiry are right. */
import { domainToASCII } from "node:url";
import type { IDToken } from "openid-client";
import { isUuid } from "../../base/ids.ts";
import type { SsoConnection } from "../types.ts";
import { CLOCK_TOLERANCE } from "./client.ts";
import { entraTenant, isEntra, isGoogle } from "./provider.ts";
import { refused } from "./refusal.ts";
import { settingsOf } from "./settings.ts";

/** OpenID Connect Core §2: not more than 255 characters; no controls, which no database keeps and no reader sees. */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

type Check = (claims: IDToken, connection: SsoConnection, now: Date) => void;

/**
 * Every check, one for each way to fail.
 *
 * @throws SignInRefused oidc_subject, oidc_not_yet_valid, oidc_authorized_party, oidc_tenant, oidc_hosted_domain
 */
export function checkIdToken(...judged: Parameters<Check>): void {
  for (const check of [checkSubject, checkIssuedAt, checkAuthorizedParty, checkTenant, checkHostedDomain])
    check(...judged);
}

const checkSubject: Check = ({ sub }) => {
  if (!SUBJECT.test(sub)) throw refused("oidc_subject", "The subject must have 1 to 255 characters and no controls.");
};

/** Core §3.1.3.7, 10: the library looks at no `iat`. */
const checkIssuedAt: Check = ({ iat }, _connection, now) => {
  if (iat > now.getTime() / 1000 + CLOCK_TOLERANCE) {
    throw refused("oidc_not_yet_valid", "The ID token was issued in the future; compare the clocks.");
  }
};

/** Core §3.1.3.7, 5: the library looks at it only beside several audiences. */
const checkAuthorizedParty: Check = ({ azp }, connection) => {
  if (azp !== undefined && azp !== settingsOf(connection).clientId) {
    throw refused("oidc_authorized_party", "The ID token was issued to another client.");
  }
};

/** Entra ID: only the tenant that the issuer is pinned to, and only with the object id that makes the key. */
const checkTenant: Check = ({ tid, oid }, connection) => {
  const { issuer } = settingsOf(connection);
  if (!isEntra(connection.provider, issuer)) return;
  const tenant = entraTenant(issuer);
  if (tenant === null || !isUuid(tid) || tid.toLowerCase() !== tenant) {
    throw refused("oidc_tenant", "The ID token is of another Entra ID tenant than the issuer's, or names none.");
  }
  if (!isUuid(oid)) throw refused("oidc_subject", "The ID token has no oid; ask Entra ID for the scope profile.");
};

/** Google: one issuer for everybody, so that only `hd` tells an organisation's people from all others. */
const checkHostedDomain: Check = ({ hd }, connection) => {
  const { issuer, hostedDomain } = settingsOf(connection);
  if (hostedDomain === undefined && !isGoogle(connection.provider, issuer)) return;
  if (typeof hd !== "string" || hd === "") {
    throw refused("oidc_hosted_domain", "The account belongs to no Google Workspace organisation.");
  }
  const ours = hostedDomain === undefined ? connection.ownDomains : [hostedDomain];
  if (ours.includes(domainToASCII(hd))) return;
  const whose = ours.join(", ") || "none: verify the organisation's domain, or set oidc.hostedDomain";
  throw refused("oidc_hosted_domain", `The account belongs to another organisation than this connection's: ${whose}.`);
};
