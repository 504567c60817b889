/** Which algorithms a signature may use: what is not on these lists is refused before it is computed. */
import { SignInRefused } from "../types.ts";
import { XMLDSIG, XMLENC } from "./names.ts";
import { attribute, descendants, isNamed } from "./xml.ts";

/** SHA-256 and more, RSA only: the library verifies neither ECDSA nor SHA-384. HMAC would take our copy of a public key for a secret. */
const signatureMethods = [
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
  "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
];
const digestMethods = ["http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512"];
/** SAML Core §5.4.3. */
const canonicalizations = [
  "http://www.w3.org/2001/10/xml-exc-c14n#",
  "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
];
/** SAML Core §5.4.4: others could leave out what we then read. */
const transforms = [`${XMLDSIG}enveloped-signature`, ...canonicalizations];

const allowed: ReadonlyMap<string, readonly string[]> = new Map([
  ["SignatureMethod", signatureMethods],
  ["DigestMethod", digestMethods],
  ["CanonicalizationMethod", canonicalizations],
  ["Transform", transforms],
]);

/**
 * Refuses a document in which any signature, also one that would not be used, names an algorithm that is not allowed.
 *
 * @throws SignInRefused saml_algorithm
 */
export function refuseForeignAlgorithms(root: Element): void {
  for (const [element] of descendants(root)) {
    const known = isOfSignature(element) ? allowed.get(element.localName) : undefined;
    if (known === undefined || known.includes(attribute(element, "Algorithm") ?? "")) continue;
    const detail = `The signature's ${element.localName} is not allowed; let the identity provider sign with RSA and SHA-256.`;
    throw new SignInRefused("saml_algorithm", detail);
  }
}

/** XML Encryption §5.5.2 names the digest of OAEP by the element of XML Signature; of that `encryption.ts` judges. */
function isOfSignature(element: Element): boolean {
  const parent = element.parentNode as Element | null;
  const isOfEncryption = element.localName === "DigestMethod" && parent && isNamed(parent, XMLENC, "EncryptionMethod");
  return element.namespaceURI === XMLDSIG && !isOfEncryption;
}
