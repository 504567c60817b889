/** An encryptor of SAML assertions by any algorithm, also by those that are refused (XML Encryption §4.3). */
import { type CipherGCMTypes, constants, createCipheriv, publicEncrypt, randomBytes } from "node:crypto";
import { assertionXml, responseXml, sign, testKey } from "./hostileSigner.ts";

const XMLENC = "http://www.w3.org/2001/04/xmlenc#";
const XMLENC11 = "http://www.w3.org/2009/xmlenc11#";

/** What our side of a connection is, in these tests. */
export const ourKey = { certificate: testKey("sp.crt"), privateKey: testKey("sp.key") };

export interface Encrypting {
  readonly data?: "gcm" | "cbc" | "tripledes";
  readonly bits?: 128 | 192 | 256;
  readonly key?: "oaep" | "oaepSha256" | "rsa15";
  readonly certificate?: string;
  /** What is done to the ciphertext, nonce and tag included. */
  readonly tamper?: (body: Buffer) => Buffer;
  /** Where the encrypted key stands. */
  readonly beside?: boolean;
  /** Elements put after EncryptedData. */
  readonly more?: string;
}

const keyMethods = {
  oaep: `<xenc:EncryptionMethod Algorithm="${XMLENC}rsa-oaep-mgf1p"><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></xenc:EncryptionMethod>`,
  oaepSha256: `<xenc:EncryptionMethod Algorithm="${XMLENC11}rsa-oaep"><ds:DigestMethod Algorithm="${XMLENC}sha256"/><xenc11:MGF xmlns:xenc11="${XMLENC11}" Algorithm="${XMLENC11}mgf1sha256"/></xenc:EncryptionMethod>`,
  rsa15: `<xenc:EncryptionMethod Algorithm="${XMLENC}rsa-1_5"/>`,
} as const;

function ciphered(
  plain: Buffer,
  key: Buffer,
  { data = "gcm", bits = 256 }: Encrypting,
): [method: string, body: Buffer] {
  if (data === "gcm") {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(`aes-${bits}-gcm` as CipherGCMTypes, key, nonce);
    const body = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return [`${XMLENC11}aes${bits}-gcm`, body];
  }
  const [name, nonce] = data === "cbc" ? [`aes-${bits}-cbc`, randomBytes(16)] : ["des-ede3-cbc", randomBytes(8)];
  const cipher = createCipheriv(name, key, nonce);
  const body = Buffer.concat([nonce, cipher.update(plain), cipher.final()]);
  return [`${XMLENC}${data === "cbc" ? `aes${bits}-cbc` : "tripledes-cbc"}`, body];
}

/** The key, encrypted for a certificate. */
function encryptedKey(key: Buffer, { key: method = "oaep", certificate = ourKey.certificate }: Encrypting): string {
  const padding = method === "rsa15" ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_OAEP_PADDING;
  const oaepHash = method === "oaepSha256" ? "sha256" : "sha1";
  const wrapped = publicEncrypt({ key: certificate, padding, oaepHash }, key).toString("base64");
  return (
    `<xenc:EncryptedKey>${keyMethods[method]}<xenc:CipherData><xenc:CipherValue>${wrapped}</xenc:CipherValue>` +
    `</xenc:CipherData></xenc:EncryptedKey>`
  );
}

/** The EncryptedAssertion of a text. */
export function encrypted(plain: string, how: Encrypting = {}): string {
  const { data = "gcm", bits = 256, tamper = (body: Buffer) => body, beside = false, more = "" } = how;
  const key = randomBytes(data === "tripledes" ? 24 : bits / 8);
  const [algorithm, body] = ciphered(Buffer.from(plain, "utf8"), key, how);
  const wrapped = encryptedKey(key, how);
  const keyInfo = `<ds:KeyInfo>${wrapped}</ds:KeyInfo>`;
  return (
    `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xenc="${XMLENC}"` +
    ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedData Type="${XMLENC}Element">` +
    `<xenc:EncryptionMethod Algorithm="${algorithm}"/>${beside ? "" : keyInfo}<xenc:CipherData><xenc:CipherValue>` +
    `${tamper(body).toString("base64")}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>` +
    `${beside ? wrapped : ""}${more}</saml:EncryptedAssertion>`
  );
}

/** A response whose assertion is encrypted: signed inside, unless another assertion is given, and not outside. */
export function encryptedResponse(how: Encrypting = {}, assertion = sign(assertionXml(), "Assertion")): string {
  return responseXml({ content: encrypted(assertion, how) });
}
