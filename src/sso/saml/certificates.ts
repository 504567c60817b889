/** The certificates with which an identity provider signs. They carry keys and no trust: no chain is looked at. */
import { X509Certificate } from "node:crypto";
import { Refusal } from "../../base/errors.ts";

const MIN_RSA_BITS = 2048;
/** A key, its successor and what is left over; each is tried on a signature that fits none. */
const MAX_CERTIFICATES = 8;

/**
 * The certificates as PEM, each once, in the order given. Expiry is no fault: identity providers sign with expired
 * certificates for years, and the key is what was agreed upon.
 *
 * @param written PEM or bare base64 of DER
 * @throws Refusal invalid_request
 */
export function readCertificates(written: readonly string[]): readonly string[] {
  const all = [...new Set(written.map(readCertificate))];
  if (all.length === 0) throw refused("No signing certificate was given; copy it from the identity provider.");
  if (all.length <= MAX_CERTIFICATES) return all;
  throw refused(`More than ${MAX_CERTIFICATES} signing certificates were given; leave out the old ones.`);
}

function readCertificate(written: string): string {
  const certificate = parse(written);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  // The signature library verifies RSA alone.
  if (type !== "rsa") throw refused(`The certificate's key is ${type ?? "unknown"}; signing certificates must be RSA.`);
  if ((details?.modulusLength ?? 0) < MIN_RSA_BITS) {
    throw refused(`The certificate's RSA key is shorter than ${MIN_RSA_BITS} bits; make a new one.`);
  }
  return certificate.toString();
}

function parse(written: string): X509Certificate {
  const [, inPem] = /^\s*-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----\s*$/.exec(written) ?? [];
  const base64 = (inPem ?? written).replace(/\s+/g, "");
  try {
    if (/^[A-Za-z0-9+/]{100,16000}={0,2}$/.test(base64)) return new X509Certificate(Buffer.from(base64, "base64"));
  } catch {
    // Falls to the one refusal.
  }
  throw refused("A certificate is not one X.509 certificate in PEM or base64.");
}

function refused(detail: string): Refusal {
  return new Refusal("invalid_request", detail);
}
