/** Who has signed in: from NameID and attributes to an `Identity`, with the names that known providers use. */
import { isUuid } from "../../base/ids.ts";
import { mailAddress } from "../../base/mailAddress.ts";
import { arrivedOf } from "../arrived.ts";
import { text } from "../text.ts";
import { type Identity, type NameId, SignInRefused, type SsoConnection } from "../types.ts";
import { type Attributes, onlyValue } from "./attributes.ts";
import type { ProviderSession } from "./authnStatement.ts";
import { nameIdFormats } from "./names.ts";

const WS_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const ENTRA_CLAIMS = "http://schemas.microsoft.com/identity/claims/";
/** In place of more than 150 groups (Microsoft: "Configure group claims"). */
const ENTRA_GROUPS_LINK = "http://schemas.microsoft.com/claims/groups.link";

/**
 * Where a connection does not say which attribute to read: Entra ID's and AD FS's claims, Okta's and Google's usual
 * names, OneLogin's, and the X.500 names of Shibboleth. The first that has a value counts.
 */
const usualNames = {
  email: [`${WS_CLAIMS}emailaddress`, "email", "Email", "mail", "User.email", "urn:oid:0.9.2342.19200300.100.1.3"],
  givenName: [`${WS_CLAIMS}givenname`, "firstName", "givenName", "first_name", "User.FirstName", "urn:oid:2.5.4.42"],
  familyName: [`${WS_CLAIMS}surname`, "lastName", "familyName", "last_name", "sn", "User.LastName", "urn:oid:2.5.4.4"],
  displayName: [`${ENTRA_CLAIMS}displayname`, "displayName", "urn:oid:2.16.840.1.113730.3.1.241"],
} as const;

/** A match claim of this name means the subject's own NameID. */
const NAME_ID_CLAIM = "NameID";

export interface Asserted {
  readonly issuer: string;
  readonly issuedAt: Date;
  readonly nameId: NameId;
  readonly attributes: Attributes;
  readonly session: ProviderSession;
}

/**
 * @throws SignInRefused saml_name_id_transient, saml_tenant, saml_email, saml_attribute_duplicate
 */
export function identityOf(connection: SsoConnection, asserted: Asserted): Identity {
  const { attributes, session } = asserted;
  return {
    issuer: asserted.issuer,
    subject: subjectOf(asserted),
    email: emailOf(connection, asserted),
    name: {
      givenName: nameOf(connection, attributes, "givenName"),
      familyName: nameOf(connection, attributes, "familyName"),
      displayName: nameOf(connection, attributes, "displayName"),
    },
    groups: groupsOf(connection.groupsClaim, attributes),
    match: matchOf(connection.matchClaim, asserted),
    providerSession: session.sessionIndex,
    nameId: asserted.nameId,
    sessionEnds: session.sessionEnds,
    issuedAt: asserted.issuedAt,
    authenticatedAt: session.authenticatedAt,
    arrived: arrivedOf([["NameID", [asserted.nameId.value]], ...attributes]),
  };
}

/** Entra ID's NameID is what its admin makes of it; tenant and object id never change (rule 23). */
function subjectOf({ attributes, nameId, issuer }: Asserted): string {
  const tenantId = onlyValue(attributes, `${ENTRA_CLAIMS}tenantid`);
  const objectId = onlyValue(attributes, `${ENTRA_CLAIMS}objectidentifier`);
  if (tenantId !== null && objectId !== null) return entraSubject(tenantId, objectId, issuer);
  if (nameId.format !== nameIdFormats.transient) return nameId.value;
  const detail = "The NameID is transient, new at each sign-in; let the identity provider send a persistent one.";
  throw new SignInRefused("saml_name_id_transient", detail);
}

/** Entra ID's issuer is `https://sts.windows.net/<tenant id>/`, or one of the application's own with the id in it. */
function entraSubject(tenantId: string, objectId: string, issuer: string): string {
  if (!isUuid(tenantId) || !isUuid(objectId)) {
    throw new SignInRefused(
      "saml_tenant",
      "The tenant id and the object id of the person must be UUIDs, as Entra ID has them.",
    );
  }
  const inIssuer = /^https:\/\/sts\.windows\.net\/([^/]+)\//.exec(issuer)?.[1] ?? tenantId;
  if (inIssuer.toLowerCase() === tenantId.toLowerCase()) return `${tenantId}/${objectId}`.toLowerCase();
  throw new SignInRefused("saml_tenant", "The tenant id of the person is not that of the issuer.");
}

function emailOf(connection: SsoConnection, { attributes, nameId }: Asserted): string | null {
  const names = namesOf(connection, "email");
  const written = names.map((name) => onlyValue(attributes, name)).find((value) => value !== null) ?? null;
  if (written !== null) return checkedEmail(written);
  if (connection.attributes.email !== undefined) return null;
  return nameId.format === nameIdFormats.emailAddress || nameId.format === nameIdFormats.unspecified
    ? mailAddress(nameId.value)
    : null;
}

function checkedEmail(written: string): string {
  const address = mailAddress(written);
  if (address !== null) return address;
  throw new SignInRefused("saml_email", "The e-mail attribute does not hold one e-mail address.");
}

/** Names are shown and decide nothing: of several values, the first. */
function nameOf(connection: SsoConnection, attributes: Attributes, what: keyof typeof usualNames): string | null {
  return text(namesOf(connection, what).flatMap((name) => attributes.get(name) ?? [])[0]);
}

function namesOf(connection: SsoConnection, what: keyof typeof usualNames): readonly string[] {
  const configured = connection.attributes[what];
  return configured === undefined ? usualNames[what] : [configured];
}

function groupsOf(claim: string | null, attributes: Attributes): Identity["groups"] {
  if (claim === null) return "absent";
  const values = attributes.get(claim);
  if (values !== undefined) return { values: [...new Set(values)] };
  return attributes.has(ENTRA_GROUPS_LINK) ? "overage" : "absent";
}

function matchOf(claim: string | null, { attributes, nameId }: Asserted): readonly string[] {
  if (claim === null) return [];
  return claim === NAME_ID_CLAIM ? [nameId.value] : (attributes.get(claim) ?? []);
}
