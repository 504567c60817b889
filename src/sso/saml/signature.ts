/** Where node-saml judges: which bytes of an assertion in the clear have been signed by the connection's certificates. */
import { type CacheProvider, SAML, ValidateInResponseTo } from "@node-saml/node-saml";
import type { SamlSettings } from "../types.ts";
import { badSignature } from "./signedRoot.ts";
import { parseXml } from "./xml.ts";

/** The library's own makes a timer for each object; nothing is kept here, since attempts are rows. */
const noCache: CacheProvider = {
  saveAsync: () => Promise.resolve(null),
  getAsync: () => Promise.resolve(null),
  removeAsync: () => Promise.resolve(null),
};

/**
 * The library's check of signatures without its reading of the assertion, which would judge by its own clock, in words
 * without codes, and parse everything once more.
 */
class SignatureCheck extends SAML {
  /** Called with the canonical bytes of the assertion once its signature has been found good. */
  protected override processValidlySignedAssertionAsync(xml: string) {
    const profile = { issuer: "", nameID: "", nameIDFormat: "", getAssertionXml: () => xml };
    return Promise.resolve({ profile, loggedOut: false });
  }
}

export interface SignedParts {
  readonly responseSigned: boolean;
  readonly assertionSigned: boolean;
}

/**
 * The signed assertion of a response, parsed anew from the canonical bytes that the signature covers.
 *
 * Every signature that is present must be good (SAML Profiles §4.1.4.3), and at least one there must be. The library
 * is asked for nothing else, since `now` is ours and so is the policy.
 *
 * @param text XML of a Response
 * @throws SignInRefused saml_signature
 */
export async function signedAssertion(text: string, settings: SamlSettings, signed: SignedParts): Promise<Element> {
  const library = new SignatureCheck({
    idpCert: [...settings.certificates],
    wantAuthnResponseSigned: signed.responseSigned,
    wantAssertionsSigned: signed.assertionSigned,
    validateInResponseTo: ValidateInResponseTo.never,
    cacheProvider: noCache,
    audience: false,
    callbackUrl: "unused:",
    issuer: "unused:",
  });
  try {
    const field = Buffer.from(text, "utf8").toString("base64");
    const { profile } = await library.validatePostResponseAsync({ SAMLResponse: field });
    return parseXml(profile?.getAssertionXml?.() ?? "");
  } catch (error) {
    // One code and one text for whatever fails inside: its own words would tell a forger how far they came.
    throw badSignature(error);
  }
}
