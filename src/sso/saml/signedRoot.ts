/** Documents that are signed as a whole: what node-saml checks only on its way to an assertion in the clear. */
import { SignedXml } from "xml-crypto";
import { SignInRefused } from "../types.ts";
import { XMLDSIG } from "./names.ts";
import { attribute, childrenNamed, parseXml } from "./xml.ts";

/** Enveloped, and canonical: more would leave out more than the signature (SAML Core §5.4.4). */
const MAX_TRANSFORMS = 2;

/**
 * The root, parsed anew from the canonical bytes that its own signature covers. The caller has refused what
 * `refuseForeignAlgorithms` and the checks of shape refuse.
 *
 * @param certificates PEM; the signature is one of them's
 * @throws SignInRefused saml_signature
 */
export function signedRoot(xml: string, certificates: readonly string[]): Element {
  // As the library's parser reads line ends (XML 1.0 §2.11), before it is asked for what was signed.
  const text = xml.replace(/\r\n?/g, "\n");
  const root = parseXml(text);
  const [signature, ...more] = childrenNamed(root, XMLDSIG, "Signature");
  const id = attribute(root, "ID") ?? "";
  if (!signature || more.length > 0 || id === "") throw badSignature();
  for (const publicCert of certificates) {
    const signed = signedBytes(text, signature, id, publicCert);
    if (signed !== undefined) return parseXml(signed);
  }
  throw badSignature();
}

/** Undefined where the certificate's key did not make the signature, or it covers anything but the root. */
function signedBytes(text: string, signature: Element, id: string, publicCert: string): string | undefined {
  // A certificate that the message brings itself counts for nothing.
  const check = new SignedXml({ publicCert, getCertFromKeyInfo: () => null });
  try {
    check.loadSignature(signature);
    const [reference, ...more] = check.getReferences();
    const isRoot = reference?.uri === `#${id}` && more.length === 0 && reference.transforms.length <= MAX_TRANSFORMS;
    if (!isRoot || !check.checkSignature(text)) return undefined;
    const [bytes, ...others] = check.getSignedReferences();
    return others.length === 0 ? bytes : undefined;
  } catch {
    // Its words would tell a forger how far they came.
    return undefined;
  }
}

/** The one refusal of signatures, whatever failed. */
export function badSignature(cause?: unknown): SignInRefused {
  const detail = "No certificate of this connection made the signature; compare it with the identity provider's.";
  return new SignInRefused("saml_signature", detail, cause);
}
