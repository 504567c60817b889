/** The start of a SAML sign-in: an AuthnRequest by HTTP-Redirect. */
import { randomBytes, sign } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { type Begun, type ConnectionUrls, SignInRefused, type SsoConnection } from "../types.ts";
import { ASSERTION, HTTP_POST, nameIdFormats, PROTOCOL } from "./names.ts";
import { escapeXml } from "./xml.ts";

export interface RequestOptions {
  /** Opaque to the provider and to us: the answer is found by its request id. At most 80 bytes (SAML Bindings §3.4.3). */
  readonly relayState?: string;
  /** Which NameID to ask for; none by default, so that the provider's own set-up decides. */
  readonly nameIdFormat?: "persistent";
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
  // SAML Core §1.3.4 asks for at least 128 bits; an xs:ID begins with no digit.
  const requestId = `_${randomBytes(20).toString("hex")}`;
  const request = authnRequest({ requestId, ssoUrl, urls, now, nameIdFormat: options.nameIdFormat });
  const { relayState } = options;
  // SAML Bindings §3.4.4.1: DEFLATE, then base64, then URL encoding; RelayState, if there is one, before SigAlg.
  const parameters = { SAMLRequest: deflateRawSync(request).toString("base64") };
  const plain = query({
    ...parameters,
    ...(relayState !== undefined && { RelayState: checkedRelayState(relayState) }),
  });
  const target = new URL(ssoUrl);
  const sent = signsRequests(connection) ? signedQuery(plain, connection) : plain;
  target.search = [target.search.slice(1), sent].filter((part) => part !== "").join("&");
  return { redirectUrl: target.href, requestId, proof: null };
}

const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/** SAML Bindings §3.4.4.1: what is signed are the parameters as they are sent. */
function signedQuery(plain: string, { keys: [key] }: SsoConnection): string {
  if (key === undefined) {
    throw new SignInRefused("saml_no_key", "Requests are to be signed, and this connection has no key of its own yet.");
  }
  const signed = `${plain}&${query({ SigAlg: RSA_SHA256 })}`;
  return `${signed}&${query({ Signature: sign("sha256", Buffer.from(signed), key.privateKey).toString("base64") })}`;
}

function query(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

interface Request {
  readonly requestId: string;
  readonly ssoUrl: string;
  readonly urls: ConnectionUrls;
  readonly now: Date;
  readonly nameIdFormat: "persistent" | undefined;
}

/** Without RequestedAuthnContext: how people prove themselves is the provider's to decide, and Entra ID refuses (AADSTS75011). */
function authnRequest({ requestId, ssoUrl, urls, now, nameIdFormat }: Request): string {
  const format = nameIdFormat === undefined ? "" : ` Format="${nameIdFormats[nameIdFormat]}"`;
  return (
    `<samlp:AuthnRequest xmlns:samlp="${PROTOCOL}" xmlns:saml="${ASSERTION}" ID="${requestId}" Version="2.0"` +
    ` IssueInstant="${now.toISOString()}" Destination="${escapeXml(ssoUrl)}" ProtocolBinding="${HTTP_POST}"` +
    ` AssertionConsumerServiceURL="${escapeXml(urls.acsUrl)}">` +
    `<saml:Issuer>${escapeXml(urls.spEntityId)}</saml:Issuer>` +
    `<samlp:NameIDPolicy${format} AllowCreate="true"/></samlp:AuthnRequest>`
  );
}

function checkedRelayState(relayState: string): string {
  if (/^[\w-]{1,80}$/.test(relayState)) return relayState;
  throw new RangeError("RelayState must be 1 to 80 characters of A-Z a-z 0-9 _ -");
}
