/** The HTTP-Redirect binding (SAML Bindings §3.4): a message in a query, signed over the text of the query itself. */
import { sign, verify } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { SignInRefused, type SpKey } from "../types.ts";
import { badSignature } from "./signedRoot.ts";

const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/** SHA-256 and more, as in `algorithms.ts`; the keys are RSA. */
const digests: ReadonlyMap<string, string> = new Map([
  [RSA_SHA256, "sha256"],
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", "sha384"],
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "sha512"],
]);
/** SAML Bindings §3.4.4.1, and what it is without a name. */
const DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
/** Characters of a query, and bytes of the message in it: a logout has some two thousand. */
const [MOST_QUERY, MOST_MESSAGE] = [32 * 1024, 64 * 1024];

/** Which message a query or form holds. */
export type MessageName = "SAMLRequest" | "SAMLResponse";

/** A message of ours. */
export interface Sent {
  readonly target: string;
  readonly name: MessageName;
  readonly xml: string;
  readonly relayState: string | null;
}

/** The address that brings a message; signed where a key is given. */
export function redirectUrl({ target, name, xml, relayState }: Sent, key: SpKey | null): string {
  // §3.4.4.1: DEFLATE, then base64, then URL encoding; RelayState, if there is one, before SigAlg.
  const message = deflateRawSync(xml).toString("base64");
  const plain = query({ [name]: message, ...(relayState !== null && { RelayState: relayState }) });
  const url = new URL(target);
  const sent = key === null ? plain : signedQuery(plain, key);
  url.search = [url.search.slice(1), sent].filter((part) => part !== "").join("&");
  return url.href;
}

/** §3.4.4.1: what is signed are the parameters as they are sent. */
function signedQuery(plain: string, { privateKey }: SpKey): string {
  const signed = `${plain}&${query({ SigAlg: RSA_SHA256 })}`;
  return `${signed}&${query({ Signature: sign("sha256", Buffer.from(signed), privateKey).toString("base64") })}`;
}

function query(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

/** A message of a query whose signature is good. */
export interface Received {
  readonly name: MessageName;
  /** The message, inflated. */
  readonly bytes: Buffer;
  readonly relayState: string | null;
}

/**
 * Reads a query as it stands in the request line, once: the message that is answered is the one whose bytes were signed.
 *
 * @param certificates PEM; the signature is one of them's
 * @throws SignInRefused saml_query, saml_unsigned, saml_algorithm, saml_signature, saml_too_large, saml_encoding
 */
export function readRedirect(raw: string, certificates: readonly string[]): Received {
  const parameters = parametersOf(raw);
  const name = messageName(parameters);
  const encoding = parameters.get("SAMLEncoding");
  if (encoding !== undefined && decoded(encoding) !== DEFLATE) throw badQuery("names an encoding other than DEFLATE");
  checkSignature(parameters, name, certificates);
  const relayState = parameters.get("RelayState");
  return {
    name,
    bytes: inflated(base64(parameters.get(name) ?? "")),
    // Senders write a space as forms do.
    relayState: relayState === undefined ? null : decoded(relayState.replaceAll("+", " ")),
  };
}

/** Values as they are written, by their names; other readers would take another of two that have one name. */
function parametersOf(raw: string): ReadonlyMap<string, string> {
  if (raw.length > MOST_QUERY) throw tooLarge();
  const all = new Map<string, string>();
  for (const pair of raw.split("&").filter((each) => each !== "")) {
    const at = pair.indexOf("=");
    const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    if (/[%+]/.test(name)) throw badQuery("has a parameter whose name is encoded");
    if (all.has(name)) throw badQuery("has a parameter twice");
    all.set(name, value);
  }
  return all;
}

function messageName(parameters: ReadonlyMap<string, string>): MessageName {
  const [name, ...more] = (["SAMLRequest", "SAMLResponse"] as const).filter((each) => parameters.has(each));
  if (name && more.length === 0) return name;
  throw badQuery("must hold one SAMLRequest or one SAMLResponse");
}

/** §3.4.4.1: over these three in this order, encoded as they came. */
function checkSignature(
  parameters: ReadonlyMap<string, string>,
  name: MessageName,
  certificates: readonly string[],
): void {
  const [algorithm, signature] = [parameters.get("SigAlg"), parameters.get("Signature")];
  if (algorithm === undefined || signature === undefined) {
    throw new SignInRefused("saml_unsigned", "The message is not signed; let the identity provider sign logouts.");
  }
  const digest = digests.get(decoded(algorithm));
  if (digest === undefined) {
    const detail = "The signature's algorithm is not allowed; let the identity provider sign with RSA and SHA-256.";
    throw new SignInRefused("saml_algorithm", detail);
  }
  const signed = [name, "RelayState", "SigAlg"]
    .filter((each) => parameters.has(each))
    .map((each) => `${each}=${parameters.get(each)}`);
  const [octets, bytes] = [Buffer.from(signed.join("&")), base64(signature)];
  if (!certificates.some((certificate) => verify(digest, octets, certificate, bytes))) throw badSignature();
}

function inflated(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MOST_MESSAGE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new SignInRefused("saml_encoding", "The message is not compressed by DEFLATE.");
  }
}

function base64(written: string): Buffer {
  const compact = decoded(written).replace(/[\r\n\t ]+/g, "");
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return Buffer.from(compact, "base64");
  throw new SignInRefused("saml_encoding", "A parameter of the query is not base64.");
}

function decoded(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    throw badQuery("is not encoded as URLs are");
  }
}

function tooLarge(): SignInRefused {
  return new SignInRefused("saml_too_large", `The message is larger than ${MOST_MESSAGE} bytes.`);
}

function badQuery(what: string): SignInRefused {
  return new SignInRefused("saml_query", `The query ${what}.`);
}
