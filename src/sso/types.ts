/**
 * sso/ speaks with identity providers: it begins a sign-in, judges what comes back, and says who that is. It knows
 * neither members nor sessions; `access/` calls it, and hands what it says to a use-case of `directory/`.
 */

/** A connection as sign-in needs it. */
export interface SsoConnection {
  readonly id: string;
  readonly tenantId: string;
  readonly protocol: "saml" | "oidc";
  readonly provider: string;
  readonly status: "draft" | "tested" | "enabled" | "disabled";
  readonly saml: SamlSettings | null;
  readonly oidc: OidcSettings | null;
  /** Our own keys, the oldest first: it signs, and all decrypt. */
  readonly keys: readonly SpKey[];
  /** Whether requests are signed also where the identity provider does not ask for it. */
  readonly signRequests: boolean;
  /** Whether an assertion may be encrypted with AES-CBC, in a signed response. */
  readonly allowCbc: boolean;
  /** Where to read what: our name → attribute or claim name of this provider. */
  readonly attributes: Readonly<Partial<Record<"email" | "givenName" | "familyName" | "displayName", string>>>;
  /** Attribute or claim with group values; null for none. */
  readonly groupsClaim: string | null;
  /** Attribute or claim by which the connection's directory is matched (rule 23); null for none. */
  readonly matchClaim: string | null;
  /** The domains that the tenant has verified, as A-labels. */
  readonly ownDomains: readonly string[];
}

/** What a SAML identity provider said of itself. */
export interface SamlSettings {
  readonly entityId: string;
  /** HTTP-Redirect SingleSignOnService. */
  readonly ssoUrl: string;
  /** PEM; several while keys roll over. */
  readonly certificates: readonly string[];
  /** Its metadata's WantAuthnRequestsSigned; absent = no. */
  readonly wantsSignedRequests?: true;
  /** Where it ends sessions; absent = nowhere. */
  readonly singleLogout?: SingleLogoutService;
}

/** A SingleLogoutService of an identity provider (SAML Metadata §2.4.2). */
export interface SingleLogoutService {
  readonly url: string;
  /** ResponseLocation, where answers go that do not go to `url`. */
  readonly responseUrl?: string;
  readonly binding: "redirect" | "post";
}

/** A key of our own towards an identity provider, as PEM. */
export interface SpKey {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
  /** Our own key, PKCS #8 as PEM, in place of a secret (`private_key_jwt`); absent or null = none. */
  readonly clientKey?: string | null;
  /** Google: the Workspace domain that the claim `hd` must equal; absent = one of `SsoConnection.ownDomains`. */
  readonly hostedDomain?: string;
  /** The scopes to ask for; absent = `openid email profile`, and `groups` where groups are read and it is offered. */
  readonly scopes?: readonly string[];
  /** Whether signing out here ends the session at the provider as well; absent = no. */
  readonly endSession?: true;
}

/** Our addresses for a connection: one entity id and ACS for each. */
export interface ConnectionUrls {
  readonly acsUrl: string;
  readonly spEntityId: string;
  readonly metadataUrl: string;
  readonly sloUrl: string;
  readonly redirectUri: string;
}

/** What an application asks of a sign-in, to be passed on to the identity provider (OIDC Core §3.1.2.1). */
export interface Requirements {
  /** Whether somebody who is signed in there already shall show again who they are. */
  readonly login: boolean;
  /** How many seconds ago that may have been, at most. */
  readonly maxAge: number | undefined;
  /** How, the most wanted first: AuthnContext classes of SAML, `acr` of OpenID Connect. */
  readonly acrValues: readonly string[];
}

/** What is sent to the browser at the start, and what must be remembered for the answer. */
export interface Begun {
  readonly redirectUrl: string;
  /** SAML AuthnRequest ID or OIDC state: what the answer must name. */
  readonly requestId: string;
  /** OIDC nonce and PKCE verifier as JSON, to be sealed; null for SAML. */
  readonly proof: string | null;
}

/** A NameID as it was signed (SAML Core §2.2.3). */
export interface NameId {
  readonly value: string;
  readonly format: string;
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
}

/** Who the identity provider says has signed in: read from signed bytes alone. */
export interface Identity {
  /** SAML Issuer or OIDC `iss`; Entra ID: with the tenant id. */
  readonly issuer: string;
  /** SAML NameID (persistent), OIDC `sub`; Entra ID: tid and oid. */
  readonly subject: string;
  readonly email: string | null;
  readonly name: {
    readonly givenName: string | null;
    readonly familyName: string | null;
    readonly displayName: string | null;
  };
  /** `absent`: no such claim; `overage`: a pointer in place of too many (rule 13). */
  readonly groups: "absent" | "overage" | { readonly values: readonly string[] };
  /** Values of the match claim. */
  readonly match: readonly string[];
  /** SAML SessionIndex or OIDC sid. */
  readonly providerSession: string | null;
  /** SAML: what the session is called there beside its index, for a logout. */
  readonly nameId?: NameId;
  /** SessionNotOnOrAfter: our session ends with it. */
  readonly sessionEnds: Date | null;
  /** When the provider said so, by its own clock: IssueInstant of the assertion, `iat` of the ID token. */
  readonly issuedAt: Date;
  /** When the person showed the provider who they are: AuthnInstant, `auth_time`; null where it does not say. */
  readonly authenticatedAt: Date | null;
  /** Values by attribute or claim, as they arrived (`arrivedOf`). */
  readonly arrived: Readonly<Record<string, readonly string[]>>;
}

/** What a SAML response comes to: the identity, and what must be consumed once. */
export interface SamlAnswer {
  readonly identity: Identity;
  /** InResponseTo of the signed SubjectConfirmationData. */
  readonly requestId: string;
  readonly assertionId: string;
  /** Until when the assertion could be presented again. */
  readonly expiresAt: Date;
}

/** What a SAML logout message says (SAML Core §3.7). */
export type LogoutMessage = LogoutAsked | LogoutAnswered;

/** The identity provider ends sessions. */
export interface LogoutAsked {
  readonly asks: true;
  /** ID of the LogoutRequest, which is answered once. */
  readonly id: string;
  readonly nameId: NameId;
  /** None = all sessions of the NameID. */
  readonly sessionIndexes: readonly string[];
  /** To be sent back as it came; null where none did. */
  readonly relayState: string | null;
  /** IssueInstant. */
  readonly issuedAt: Date;
  /** Until when the request could be presented again. */
  readonly expiresAt: Date;
}

/** The identity provider has answered a LogoutRequest of ours. */
export interface LogoutAnswered {
  readonly asks: false;
  /** ID of our LogoutRequest. */
  readonly requestId: string;
  readonly outcome: "success" | "partial" | "failed";
}

/** One code for each way in which a sign-in fails; the admin reads the detail, the employee a reference. */
export class SignInRefused extends Error {
  readonly code: string;

  /** @param detail words for the admin, without personal values */
  constructor(code: string, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = "SignInRefused";
    this.code = code;
  }
}
