import type { IDToken } from "openid-client";
import { mailAddress } from "../../base/mailAddress.ts";
import type { Identity } from "../types.ts";
import { claim, type Claims, groupsOf, text, texts } from "./claims.ts";
import { isEntra } from "./provider.ts";
import { type OidcConnection, settingsOf } from "./settings.ts";

/** Whether the ID token leaves open what the connection reads, so that UserInfo is to be asked. */
export function needsUserinfo(idToken: IDToken, connection: OidcConnection): boolean {
  const { attributes, matchClaim } = connection;
  const wanted = [attributes.email ?? "email", ...(matchClaim === null ? [] : [matchClaim])];
  return wanted.some((name) => claim(idToken, name) === undefined) || lacksGroups(idToken, connection);
}

function lacksGroups(idToken: IDToken, connection: OidcConnection): boolean {
  return connection.groupsClaim !== null && groupsOf(idToken, connection) === "absent";
}

/** Who that is: the subject out of the ID token alone, the rest out of UserInfo where the ID token does not say it. */
export function identityOf(idToken: IDToken, userinfo: Claims, connection: OidcConnection): Identity {
  const claims: Claims = { ...withoutForeignProof(userinfo, idToken), ...idToken };
  const { attributes, matchClaim } = connection;
  const named = (name: string) => text(claim(claims, name));
  return {
    issuer: idToken.iss,
    subject: subjectOf(idToken, connection),
    email: emailOf(claims, connection),
    name: {
      givenName: named(attributes.givenName ?? "given_name"),
      familyName: named(attributes.familyName ?? "family_name"),
      displayName: named(attributes.displayName ?? "name"),
    },
    groups: groupsOf(claims, connection),
    match: matchClaim === null ? [] : (texts(claim(claims, matchClaim)) ?? []).filter((value) => value !== ""),
    providerSession: text(idToken["sid"]),
    sessionEnds: null,
  };
}

/** What vouches for an address counts only beside it. */
function withoutForeignProof(userinfo: Claims, idToken: IDToken): Claims {
  if (claim(idToken, "email") === undefined) return userinfo;
  const { email_verified: _proof, xms_edov: _domainProof, ...rest } = userinfo;
  return rest;
}

/** Entra ID: `sub` differs from application to application, tid and oid do not; `checkIdToken` has seen both. */
function subjectOf({ sub, tid, oid }: IDToken, connection: OidcConnection): string {
  if (!isEntra(connection.provider, settingsOf(connection).issuer)) return sub;
  return [tid, oid].map((part) => text(part)?.toLowerCase()).join("/");
}

/**
 * The address, unless the provider itself does not vouch for it: `email_verified` other than true. In Entra ID the
 * claim `email` may be written by whoever edits a user, so there the user principal name, whose domain is proven,
 * takes its place, unless the domain is vouched for (`xms_edov`) or the admin named the claim to read.
 */
function emailOf(claims: Claims, connection: OidcConnection): string | null {
  const { email: configured } = connection.attributes;
  const isVouched = claim(claims, "email_verified") ?? true;
  const address = (name: string) => mailAddress(text(claim(claims, name), 320) ?? "");
  if (configured !== undefined && configured !== "email") return address(configured);
  if (!isEntra(connection.provider, settingsOf(connection).issuer)) return isVouched === true ? address("email") : null;
  const domainProof = claim(claims, "xms_edov");
  if (domainProof === true || domainProof === 1 || domainProof === "1") return address("email");
  if (configured === "email" && domainProof === undefined && isVouched === true) return address("email");
  return principalName(claims);
}

/** Guests have a name in the form `ana_example.org#EXT#@tenant.onmicrosoft.com`, which is no mailbox. */
function principalName(claims: Claims): string | null {
  const name = text(claim(claims, "preferred_username"), 320);
  return name === null || name.includes("#EXT#") ? null : mailAddress(name);
}
