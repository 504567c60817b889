/**
 * A logout message of the identity provider: from query or form to what it says.
 *
 * As of a response, what is read is what was signed. Whether a request was heard before, or a response answers anything,
 * is for the caller to find out, in its transaction.
 */
import {
  type ConnectionUrls,
  type LogoutAnswered,
  type LogoutAsked,
  type LogoutMessage,
  type NameId,
  type SamlSettings,
  SignInRefused,
  type SsoConnection,
} from "../types.ts";
import { refuseForeignAlgorithms } from "./algorithms.ts";
import { decryptAssertion } from "./encryption.ts";
import { checkDestination, checkIssuer, checkVersion } from "./envelope.ts";
import { checkIssueInstant, checkWindow, CLOCK_SKEW_MS, MAX_AGE_MS } from "./instants.ts";
import { decodeMessage, readText } from "./message.ts";
import { nameIdOf, readNameId } from "./nameId.ts";
import { ASSERTION, PARTIAL_LOGOUT, PROTOCOL, SUCCESS } from "./names.ts";
import { type MessageName, readRedirect } from "./redirectBinding.ts";
import { isSignedMessage, parseMessage, parsePart } from "./shape.ts";
import { badSignature, signedRoot } from "./signedRoot.ts";
import { attribute, childrenNamed, isNamed, plainText } from "./xml.ts";

/** A message as it came: the query as it stands in the request line, or the fields of a form. */
export type LogoutInput =
  | { readonly query: string }
  | { readonly name: MessageName; readonly field: string; readonly relayState: string | null };

/** Characters; SAML Bindings §3.4.3 has 80 bytes, and some put an address there. */
const MOST_RELAY_STATE = 1024;
/** Which element each parameter holds. */
const elements = { SAMLRequest: "LogoutRequest", SAMLResponse: "LogoutResponse" } as const;

/**
 * Judges a LogoutRequest or LogoutResponse (SAML Profiles §4.4), which must be signed.
 *
 * @throws SignInRefused with the one code of the check that failed
 */
export function judgeLogout(
  connection: SsoConnection,
  urls: ConnectionUrls,
  input: LogoutInput,
  now: Date,
): LogoutMessage {
  const settings = settingsOf(connection);
  const { root, relayState } = "query" in input ? fromQuery(input.query, settings) : fromForm(input, settings);
  checkVersion(root);
  checkIssuer(root, settings);
  checkDestination(root, urls.sloUrl, "single logout URL");
  const issued = checkIssueInstant(root, now);
  if (root.localName === elements.SAMLResponse) return answered(root);
  if ((relayState?.length ?? 0) > MOST_RELAY_STATE) throw badLogout("The RelayState is too long.");
  const nameId = nameIdIn(root, connection, settings, urls);
  return { ...asked(root, nameId, issued, now), relayState };
}

function settingsOf({ saml }: SsoConnection): SamlSettings {
  if (saml !== null && saml.certificates.length > 0) return saml;
  throw new SignInRefused("saml_not_configured", "The connection has no identity provider yet; enter its metadata.");
}

interface SignedMessage {
  readonly root: Element;
  readonly relayState: string | null;
}

/** SAML Bindings §3.4.4.1: the query's signature is the only one. */
function fromQuery(query: string, { certificates }: SamlSettings): SignedMessage {
  const { name, bytes, relayState } = readRedirect(query, certificates);
  const root = parseMessage(readText(bytes), elements[name]);
  if (isSignedMessage(root)) throw new SignInRefused("saml_signature_place", "A message in a query is signed by it.");
  return { root, relayState };
}

/** SAML Bindings §3.5.4: RelayState is not signed, and goes back to the identity provider alone. */
function fromForm(
  { name, field, relayState }: Extract<LogoutInput, { field: string }>,
  { certificates }: SamlSettings,
): SignedMessage {
  const text = decodeMessage(field);
  const unverified = parseMessage(text, elements[name]);
  if (!isSignedMessage(unverified)) {
    throw new SignInRefused("saml_unsigned", "The message is not signed; let the identity provider sign logouts.");
  }
  refuseForeignAlgorithms(unverified);
  const root = signedRoot(text, certificates);
  if (!isNamed(root, PROTOCOL, elements[name])) throw badSignature();
  return { root, relayState };
}

function asked(root: Element, nameId: NameId, issued: number, now: Date): Omit<LogoutAsked, "relayState"> {
  // SAML Core §3.7.1.
  const notOnOrAfter = checkWindow(root, now) ?? Infinity;
  const sessionIndexes = childrenNamed(root, PROTOCOL, "SessionIndex").map((each) => plainText(each) ?? "");
  if (sessionIndexes.includes("")) throw badLogout("A SessionIndex is empty.");
  const id = attribute(root, "ID") ?? "";
  if (id.length === 0 || id.length > 256) throw badLogout("The request has no ID of at most 256 characters.");
  const lastMoment = Math.min(notOnOrAfter, issued + MAX_AGE_MS);
  // As of assertions: twice the skew.
  const expiresAt = new Date(lastMoment + 2 * CLOCK_SKEW_MS);
  return { asks: true, id, nameId, sessionIndexes, issuedAt: new Date(issued), expiresAt };
}

/** SAML Core §3.7.1: in the clear, or as an EncryptedID (§2.2.4), of which the signature is good already. */
function nameIdIn(
  root: Element,
  { keys, allowCbc }: SsoConnection,
  settings: SamlSettings,
  urls: ConnectionUrls,
): NameId {
  const [encrypted, ...more] = childrenNamed(root, ASSERTION, "EncryptedID");
  if (!encrypted) return readNameId(root, settings, urls);
  if (more.length > 0 || childrenNamed(root, ASSERTION, "NameID").length > 0) {
    throw badLogout("The request names more than one person.");
  }
  const privateKeys = keys.map(({ privateKey }) => privateKey);
  const element = parsePart(readText(decryptAssertion(encrypted, privateKeys, allowCbc)));
  if (!isNamed(element, ASSERTION, "NameID")) throw badLogout("What is encrypted is no NameID.");
  return nameIdOf(element, settings, urls);
}

/** SAML Core §3.2.2.2 and §3.7.3.2: a logout that did not reach everybody says so in its second code. */
function answered(root: Element): LogoutAnswered {
  const requestId = attribute(root, "InResponseTo");
  if (!requestId) throw new SignInRefused("saml_in_response_to_missing", "The answer does not say to which request.");
  const [status, ...more] = childrenNamed(root, PROTOCOL, "Status");
  const [code] = status ? childrenNamed(status, PROTOCOL, "StatusCode") : [];
  if (!code || more.length > 0) throw badLogout("The answer has no status.");
  const inner = childrenNamed(code, PROTOCOL, "StatusCode").map((each) => attribute(each, "Value"));
  const outcome = inner.includes(PARTIAL_LOGOUT)
    ? "partial"
    : attribute(code, "Value") === SUCCESS
      ? "success"
      : "failed";
  return { asks: false, requestId, outcome };
}

function badLogout(detail: string): SignInRefused {
  return new SignInRefused("saml_logout", detail);
}
