import type { IDToken } from "openid-client";
import { mailAddress } from "../../base/mailAddress.ts";
import type { Identity, SsoConnection } from "../types.ts";
import { arrivedOf } from "../arrived.ts";
import { text } from "../text.ts";
import { claim, type Claims, groupsOf, texts, shownValues } from "./claims.ts";
import { isEntra } from "./provider.ts";
import { settingsOf } from "./settings.ts";

/** As typed, before its domain is put into ASCII; what is kept has an end of its own. */
const MOST_ADDRESS = 320;

/** Whether the ID token leaves open what the connection reads, so that UserInfo is to be asked. */
export function needsUserinfo(idToken: IDToken, connection: SsoConnection): boolean {
  const { attributes, matchClaim } = connection;
  const wanted = [attributes.email ?? "email", ...(matchClaim === null ? [] : [matchClaim])];
  return wanted.some((name) => claim(idToken, name) === undefined) || lacksGroups(idToken, connection);
}

function lacksGroups(idToken: IDToken, connection: SsoConnection): boolean {
  return connection.groupsClaim !== null && groupsOf(idToken, connection) === "absent";
}

/** Who that is: the subject out of the ID token alone, the rest out of UserInfo where the ID token does not say it. */
export function identityOf(idToken: IDToken, userinfo: Claims, connection: SsoConnection): Identity {
  const claims: Claims = { ...userinfo, ...idToken };
  const { attributes, matchClaim } = connection;
  const named = (name: string) => text(claim(claims, name));
  return {
    issuer: idToken.iss,
    subject: subjectOf(idToken, connection),
    email: emailOf(claims, claim(idToken, "email") === undefined ? userinfo : idToken, connection),
    name: {
      givenName: named(attributes.givenName ?? "given_name"),
      familyName: named(attributes.familyName ?? "family_name"),
      displayName: named(attributes.displayName ?? "name"),
    },
    groups: groupsOf(claims, connection),
    match: matchClaim === null ? [] : (texts(claim(claims, matchClaim)) ?? []).filter((value) => value !== ""),
    providerSession: text(idToken["sid"]),
    sessionEnds: null,
    // The library takes any number; what is before 1970 is all the same to us, and no time to a database.
    issuedAt: new Date(Math.max(0, idToken.iat) * 1000),
    authenticatedAt: authenticatedAt(idToken),
    arrived: arrivedOf(Object.entries(claims).map(([name, value]) => [name, shownValues(value)])),
  };
}

/** Core §2: `auth_time`; what is no time to a database was not told. */
function authenticatedAt({ auth_time: told, iat }: IDToken): Date | null {
  if (typeof told !== "number" || Number.isNaN(told)) return null;
  return new Date(Math.max(0, Math.min(told, iat)) * 1000);
}

/** Entra ID: `sub` differs from application to application, tid and oid do not; `checkIdToken` has seen both. */
function subjectOf({ sub, tid, oid }: IDToken, connection: SsoConnection): string {
  if (!isEntra(connection.provider, settingsOf(connection).issuer)) return sub;
  return [tid, oid].map((part) => text(part)?.toLowerCase()).join("/");
}

/**
 * The address, unless the provider itself does not vouch for it: `email_verified` other than true. In Entra ID the
 * claim `email` may be written by whoever edits a user, so there the user principal name, whose domain is proven,
 * takes its place, unless the domain is vouched for (`xms_edov`) or the admin named the claim to read.
 *
 * @param source where `email` is from: only what stands beside it vouches for it
 */
function emailOf(claims: Claims, source: Claims, connection: SsoConnection): string | null {
  const { email: configured } = connection.attributes;
  if (configured !== undefined && configured !== "email") return address(claims, configured);
  const isVerified = [undefined, true].includes(claim(source, "email_verified") as boolean | undefined);
  const verified = isVerified ? address(source, "email") : null;
  if (!isEntra(connection.provider, settingsOf(connection).issuer)) return verified;
  const domainProof = claim(source, "xms_edov");
  const isProven = [true, 1, "1"].includes(domainProof as boolean);
  return isProven || (configured === "email" && domainProof === undefined) ? verified : principalName(claims);
}

function address(claims: Claims, name: string): string | null {
  return mailAddress(text(claim(claims, name), MOST_ADDRESS) ?? "");
}

/** Guests have a name in the form `ana_example.org#EXT#@tenant.onmicrosoft.com`, which is no mailbox. */
function principalName(claims: Claims): string | null {
  const name = address(claims, "preferred_username");
  return name?.includes("#EXT#") ? null : name;
}
