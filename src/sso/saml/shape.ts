/**
 * The shape that a response must have before its signature is checked: one assertion, signatures only where SAML puts
 * them, one element for each ID. Wrapping attacks need another shape. What is read here may be unsigned: it refuses
 * and decides nothing.
 */
import { SignInRefused } from "../types.ts";
import { ASSERTION, PROTOCOL, XMLDSIG } from "./names.ts";
import { attribute, childrenNamed, descendants, isNamed, isXmlText, MalformedXml, parseXml } from "./xml.ts";

export interface ResponseShape {
  readonly response: Element;
  /** Assertion, or EncryptedAssertion. */
  readonly assertion: Element;
  readonly isEncrypted: boolean;
  readonly responseSigned: boolean;
  readonly assertionSigned: boolean;
}

/** The deepest response of a known identity provider has 9 levels; the library walks them by recursion. */
const MAX_DEPTH = 32;
/** The library sorts siblings in quadratic time: this many cost two seconds of a core, 19,000 a minute. */
const MAX_ELEMENTS = 3500;
/** Okta writes three on each group. */
const MAX_ATTRIBUTES = 12_000;

/**
 * The root of a response, which is an error's root too.
 *
 * @throws SignInRefused saml_malformed, saml_too_complex, saml_root
 */
export function parseResponse(text: string): Element {
  return parseMessage(text, "Response");
}

/**
 * The root of a protocol message, which has one of these names.
 *
 * @throws SignInRefused saml_malformed, saml_too_complex, saml_root
 */
export function parseMessage(text: string, ...names: readonly string[]): Element {
  const root = parsePart(text);
  if (names.some((name) => isNamed(root, PROTOCOL, name))) return root;
  throw new SignInRefused("saml_root", `The message is no SAML 2.0 ${names.join(" or ")}.`);
}

/** A message or a part of one that was encrypted. @throws SignInRefused saml_malformed, saml_too_complex */
export function parsePart(text: string): Element {
  const root = parsed(text);
  refuseComplexity(root);
  return root;
}

/**
 * Whether a message without an assertion is signed by itself.
 *
 * @throws SignInRefused saml_duplicate_id, saml_signature_place
 */
export function isSignedMessage(root: Element): boolean {
  const elements = elementsOf(root);
  refuseDuplicateIds(elements);
  refuseStraySignatures(elements, [root]);
  return isSigned(root);
}

/**
 * The parts of a response that says to have succeeded.
 *
 * @throws SignInRefused saml_encrypted, saml_assertion_count, saml_duplicate_id, saml_signature_place, saml_unsigned
 */
export function shapeOf(response: Element): ResponseShape {
  const elements = elementsOf(response);
  const assertion = onlyAssertion(response, elements);
  const isEncrypted = assertion.localName === "EncryptedAssertion";
  const hidden = isEncrypted ? elementsOf(assertion) : [];
  refuseEncryption(elements.filter((element) => !hidden.includes(element)));
  refuseDuplicateIds(elements);
  refuseStraySignatures(elements, isEncrypted ? [response] : [response, assertion]);
  const [responseSigned, assertionSigned] = [isSigned(response), !isEncrypted && isSigned(assertion)];
  // Whether an encrypted assertion is signed is seen when it is open.
  if (!responseSigned && !assertionSigned && !isEncrypted) throw unsigned();
  return { response, assertion, isEncrypted, responseSigned, assertionSigned };
}

/**
 * An assertion that came out of an encryption, which is to be what would have stood there in the clear.
 *
 * @param responseSigned whether the response around it was
 * @returns the assertion and whether it is signed itself
 * @throws SignInRefused as `parseResponse` and `shapeOf`
 */
export function openedShape(text: string, responseSigned: boolean): { assertion: Element; isSigned: boolean } {
  const assertion = parsePart(text);
  const elements = elementsOf(assertion);
  const count = elements.filter(({ localName }) => localName === "Assertion").length;
  if (!isNamed(assertion, ASSERTION, "Assertion") || count !== 1) throw badCount();
  refuseEncryption(elements);
  refuseDuplicateIds(elements);
  refuseStraySignatures(elements, [assertion]);
  if (!responseSigned && !isSigned(assertion)) throw unsigned();
  return { assertion, isSigned: isSigned(assertion) };
}

function elementsOf(root: Element): Element[] {
  return Array.from(descendants(root), ([element]) => element);
}

function unsigned(): SignInRefused {
  return new SignInRefused("saml_unsigned", "Neither the response nor its assertion is signed.");
}

function parsed(text: string): Element {
  try {
    return parseXml(text);
  } catch (error) {
    if (!(error instanceof MalformedXml)) throw error;
    throw new SignInRefused("saml_malformed", "The response is not well-formed XML.", error);
  }
}

function refuseComplexity(root: Element): void {
  let elements = 0;
  let attributes = 0;
  for (const [element, depth] of descendants(root)) {
    elements += 1;
    attributes += element.attributes.length;
    refuseForeignCharacters(element);
    if (elements <= MAX_ELEMENTS && attributes <= MAX_ATTRIBUTES && depth <= MAX_DEPTH) continue;
    const detail = `The response has more than ${MAX_ELEMENTS} elements, or is nested too deeply; send fewer groups.`;
    throw new SignInRefused("saml_too_complex", detail);
  }
}

/** A reference as `&#0;` makes characters that XML does not have (XML 1.0 §4.1), and that no database keeps. */
function refuseForeignCharacters({ attributes }: Element): void {
  if (Array.from(attributes).every(({ value }) => isXmlText(value))) return;
  throw new SignInRefused("saml_malformed", "An attribute holds characters that XML does not have.");
}

function refuseEncryption(elements: readonly Element[]): void {
  if (elements.some(({ localName }) => localName.startsWith("Encrypted"))) {
    const detail = "A part of the assertion is encrypted; encrypt the whole of it, or nothing.";
    throw new SignInRefused("saml_encrypted", detail);
  }
}

/** By local name, so that an assertion in a foreign namespace is not passed over (SAML Profiles §4.1.4.2). */
function onlyAssertion(response: Element, elements: readonly Element[]): Element {
  const names = ["Assertion", "EncryptedAssertion"];
  const everywhere = elements.filter(({ localName }) => names.includes(localName));
  const [assertion] = names.flatMap((name) => childrenNamed(response, ASSERTION, name));
  if (assertion !== undefined && everywhere.length === 1) return assertion;
  throw badCount();
}

function badCount(): SignInRefused {
  return new SignInRefused("saml_assertion_count", "The response must hold exactly one SAML 2.0 assertion, directly.");
}

/** xml-crypto takes ID, Id and id for identifiers alike, so we do too. */
function refuseDuplicateIds(elements: readonly Element[]): void {
  const ids = elements.flatMap((element) => ["ID", "Id", "id"].flatMap((name) => attribute(element, name) ?? []));
  if (new Set(ids).size !== ids.length) {
    throw new SignInRefused("saml_duplicate_id", "Two elements of the response have the same ID.");
  }
}

/** SAML Core §5.4.1 and §5.4.2: enveloped signatures, at most one for each of response and assertion. */
function refuseStraySignatures(elements: readonly Element[], owners: readonly Element[]): void {
  const signatures = elements.filter(({ localName }) => localName === "Signature");
  const placed = signatures.filter((one) => owners.some((owner) => one.parentNode === owner));
  const owned = new Set(placed.map((one) => one.parentNode));
  const misshapen = placed.some((one) => childrenNamed(one, XMLDSIG, "SignedInfo").length !== 1);
  if (placed.length !== signatures.length || owned.size !== placed.length || misshapen) {
    throw new SignInRefused("saml_signature_place", "A signature stands where SAML puts none, or in two copies.");
  }
}

function isSigned(element: Element): boolean {
  return childrenNamed(element, XMLDSIG, "Signature").length === 1;
}
