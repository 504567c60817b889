/** The start of a SAML sign-in: an AuthnRequest by HTTP-Redirect. */
import { randomBytes } from "node:crypto";
import {
  type Begun,
  type ConnectionUrls,
  type Requirements,
  SignInRefused,
  type SpKey,
  type SsoConnection,
} from "../types.ts";
import { ASSERTION, HTTP_POST, nameIdFormats, PROTOCOL } from "./names.ts";
import { redirectUrl } from "./redirectBinding.ts";
import { escapeXml } from "./xml.ts";

export interface RequestOptions {
  /** Opaque to the provider and to us: the answer is found by its request id. At most 80 bytes (SAML Bindings §3.4.3). */
  readonly relayState?: string;
  /** Which NameID to ask for; none by default, so that the provider's own set-up decides. */
  readonly nameIdFormat?: "persistent";
  /** What the application behind us asks of the sign-in. */
  readonly required?: Requirements | undefined;
}

/** Whether requests of a connection are signed: because we, or the identity provider's metadata, say so. */
export function signsRequests({ signRequests, saml }: Pick<SsoConnection, "signRequests" | "saml">): boolean {
  return signRequests || saml?.wantsSignedRequests === true;
}

/**
 * Where to send the browser, and the request id to remember. The request is signed where somebody asks for it: it says
 * nothing that a forger would gain by, and the answer goes to the address that the provider has on record.
 *
 * @throws SignInRefused saml_not_configured, saml_no_key
 */
export function beginSaml(
  connection: SsoConnection,
  urls: ConnectionUrls,
  now: Date,
  options: RequestOptions = {},
): Begun {
  if (connection.saml === null) {
    throw new SignInRefused("saml_not_configured", "The connection has no identity provider yet; enter its metadata.");
  }
  const { ssoUrl } = connection.saml;
  const requestId = newMessageId();
  const request = authnRequest({ requestId, ssoUrl, urls, now, ...options });
  const relayState = options.relayState === undefined ? null : checkedRelayState(options.relayState);
  const sent = { target: ssoUrl, name: "SAMLRequest", xml: request, relayState } as const;
  return {
    redirectUrl: redirectUrl(sent, signsRequests(connection) ? keyOf(connection) : null),
    requestId,
    proof: null,
  };
}

/** The key that signs. @throws SignInRefused saml_no_key */
function keyOf({ keys: [key] }: SsoConnection): SpKey {
  if (key !== undefined) return key;
  throw new SignInRefused("saml_no_key", "Requests are to be signed, and this connection has no key of its own yet.");
}

/** SAML Core §1.3.4 asks for at least 128 bits; an xs:ID begins with no digit. */
export function newMessageId(): string {
  return `_${randomBytes(20).toString("hex")}`;
}

interface Request {
  readonly requestId: string;
  readonly ssoUrl: string;
  readonly urls: ConnectionUrls;
  readonly now: Date;
  readonly nameIdFormat?: RequestOptions["nameIdFormat"];
  readonly required?: RequestOptions["required"];
}

/**
 * Without RequestedAuthnContext, unless an application asks for one: how people prove themselves is the provider's to
 * decide, and Entra ID refuses (AADSTS75011).
 */
function authnRequest({ requestId, ssoUrl, urls, now, nameIdFormat, required }: Request): string {
  const format = nameIdFormat === undefined ? "" : ` Format="${nameIdFormats[nameIdFormat]}"`;
  // SAML has no max_age: that a sign-in is new enough is sure of a new one alone (SAML Core §3.4.1, ForceAuthn).
  const isForced = required !== undefined && (required.login || required.maxAge !== undefined);
  return (
    `<samlp:AuthnRequest xmlns:samlp="${PROTOCOL}" xmlns:saml="${ASSERTION}" ID="${requestId}" Version="2.0"` +
    ` IssueInstant="${now.toISOString()}" Destination="${escapeXml(ssoUrl)}" ProtocolBinding="${HTTP_POST}"` +
    ` AssertionConsumerServiceURL="${escapeXml(urls.acsUrl)}"${isForced ? ' ForceAuthn="true"' : ""}>` +
    `<saml:Issuer>${escapeXml(urls.spEntityId)}</saml:Issuer>` +
    `<samlp:NameIDPolicy${format} AllowCreate="true"/>${requestedContext(required)}</samlp:AuthnRequest>`
  );
}

/** SAML Core §3.3.2.2.1: classes are URIs; other `acr_values` are for OpenID Connect. */
function requestedContext(required: Requirements | undefined): string {
  const classes = (required?.acrValues ?? []).filter((value) => /^[a-z][a-z0-9+.-]*:\S/i.test(value));
  if (classes.length === 0) return "";
  const listed = classes.map((each) => `<saml:AuthnContextClassRef>${escapeXml(each)}</saml:AuthnContextClassRef>`);
  return `<samlp:RequestedAuthnContext>${listed.join("")}</samlp:RequestedAuthnContext>`;
}

function checkedRelayState(relayState: string): string {
  if (/^[\w-]{1,80}$/.test(relayState)) return relayState;
  throw new RangeError("RelayState must be 1 to 80 characters of A-Z a-z 0-9 _ -");
}
