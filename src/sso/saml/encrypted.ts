/** From a response with an encrypted assertion to the assertion, as `signature.ts` does for one in the clear. */
import { type SamlSettings, SignInRefused, type SsoConnection } from "../types.ts";
import { refuseForeignAlgorithms } from "./algorithms.ts";
import { decryptAssertion } from "./encryption.ts";
import { readText } from "./message.ts";
import { ASSERTION } from "./names.ts";
import { signedRoot } from "./signedRoot.ts";
import { openedShape, type ResponseShape } from "./shape.ts";
import { childrenNamed } from "./xml.ts";

/**
 * The assertion, read from bytes that a signature covers: those of the response, which then are what is decrypted, those
 * of the assertion itself, or both. Every signature that is present must be good (SAML Profiles §4.1.4.3); that of the
 * response is checked before anything is decrypted.
 *
 * @param text XML of the response
 * @throws SignInRefused saml_signature, saml_unsigned, the codes of `decryptAssertion` and those of a response's shape
 */
export function decryptedAssertion(
  text: string,
  shape: ResponseShape,
  settings: SamlSettings,
  { keys, allowCbc }: Pick<SsoConnection, "keys" | "allowCbc">,
): Element {
  const { responseSigned } = shape;
  const encrypted = responseSigned ? encryptedIn(signedRoot(text, settings.certificates)) : shape.assertion;
  const privateKeys = keys.map(({ privateKey }) => privateKey);
  const opened = readText(decryptAssertion(encrypted, privateKeys, allowCbc && responseSigned));
  const { assertion, isSigned } = openedShape(opened, responseSigned);
  refuseForeignAlgorithms(assertion);
  return isSigned ? signedRoot(opened, settings.certificates) : assertion;
}

function encryptedIn(response: Element): Element {
  const [encrypted, ...more] = childrenNamed(response, ASSERTION, "EncryptedAssertion");
  if (encrypted && more.length === 0) return encrypted;
  throw new SignInRefused("saml_assertion_count", "The signed response must hold exactly one assertion, directly.");
}
