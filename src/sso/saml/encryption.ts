/**
 * Encrypted assertions (SAML Core §2.3.4, XML Encryption 1.1). Anyone can encrypt with our public key, so what comes out
 * is worth what its signature is. Of whatever fails once a key is tried one code and one text is said: which step it was
 * would help to decrypt what was never meant for whoever asks.
 */
import { constants, createDecipheriv, privateDecrypt } from "node:crypto";
import { SignInRefused } from "../types.ts";
import { XMLDSIG, XMLENC, XMLENC11 } from "./names.ts";
import { attribute, childrenNamed, descendants, isNamed, plainText } from "./xml.ts";

interface DataCipher {
  readonly mode: "gcm" | "cbc";
  readonly bits: 128 | 192 | 256;
}

/** XML Encryption §5.2; Triple DES (§5.2.2) is none of ours. */
const dataCiphers: ReadonlyMap<string | null, DataCipher> = new Map<string, DataCipher>(
  ([128, 192, 256] as const).flatMap((bits): [string, DataCipher][] => [
    [`${XMLENC11}aes${bits}-gcm`, { mode: "gcm", bits }],
    [`${XMLENC}aes${bits}-cbc`, { mode: "cbc", bits }],
  ]),
);
/** XML Encryption §5.5.2: RSA-OAEP, of which the first has MGF1 with SHA-1 always. RSA 1.5 (§5.5.1) is none of ours. */
const OAEP_SHA1 = `${XMLENC}rsa-oaep-mgf1p`;
const OAEP = `${XMLENC11}rsa-oaep`;
/** Digest and mask are made with one hash, as everybody does. */
const hashes: ReadonlyMap<string, { readonly digest: string; readonly mask: string }> = new Map([
  ["sha1", { digest: `${XMLDSIG}sha1`, mask: `${XMLENC11}mgf1sha1` }],
  ["sha256", { digest: `${XMLENC}sha256`, mask: `${XMLENC11}mgf1sha256` }],
  ["sha512", { digest: `${XMLENC}sha512`, mask: `${XMLENC11}mgf1sha512` }],
]);
/** One for each of our keys, and some for others that read the same. Each costs as much as a signature. */
const MAX_ENCRYPTED_KEYS = 4;
const GCM_NONCE = 12;
const GCM_TAG = 16;
const BLOCK = 16;

/**
 * The bytes that were encrypted.
 *
 * @param encrypted the EncryptedAssertion
 * @param privateKeys PEM; each is tried
 * @param allowCbc AES-CBC says nothing of who encrypted: only where a signature over the whole response does
 * @throws SignInRefused saml_no_key, saml_encryption, saml_encryption_algorithm, saml_decryption
 */
export function decryptAssertion(encrypted: Element, privateKeys: readonly string[], allowCbc: boolean): Buffer {
  if (privateKeys.length === 0) {
    throw new SignInRefused(
      "saml_no_key",
      "The assertion is encrypted, and this connection has no key of its own yet.",
    );
  }
  const [data, ...more] = childrenNamed(encrypted, XMLENC, "EncryptedData");
  if (!data || more.length > 0) throw misshapen("The EncryptedAssertion must hold EncryptedData, once.");
  const cipher = dataCipherOf(data, allowCbc);
  const body = cipherValue(data);
  const wrapped = encryptedKeys(encrypted).map(wrappedKey);
  const opened = wrapped.flatMap((key) => privateKeys.map((ours) => opensWith(ours, key, cipher, body)));
  const [plain] = opened.filter((each) => each !== undefined);
  if (plain !== undefined) return plain;
  const detail =
    "The assertion cannot be decrypted; let the identity provider encrypt with the certificate in our metadata.";
  throw new SignInRefused("saml_decryption", detail);
}

function dataCipherOf(data: Element, allowCbc: boolean): DataCipher {
  const cipher = dataCiphers.get(attribute(methodOf(data), "Algorithm"));
  if (cipher === undefined) throw badAlgorithm("Encrypt the assertion with AES-GCM.");
  if (cipher.mode === "gcm" || allowCbc) return cipher;
  throw badAlgorithm(
    "AES-CBC is taken where the connection allows it, in a response that is signed as a whole; encrypt with AES-GCM.",
  );
}

function methodOf(element: Element): Element {
  const [method, ...more] = childrenNamed(element, XMLENC, "EncryptionMethod");
  if (method && more.length === 0) return method;
  throw misshapen("What is encrypted must say by which method, once.");
}

/** Inside the data's KeyInfo or beside the data (SAML Core §2.3.4 and its errata E43). */
function encryptedKeys(encrypted: Element): Element[] {
  const keys = Array.from(descendants(encrypted), ([element]) => element).filter((element) =>
    isNamed(element, XMLENC, "EncryptedKey"),
  );
  if (keys.length > 0 && keys.length <= MAX_ENCRYPTED_KEYS) return keys;
  throw misshapen(`The EncryptedAssertion must bring its key encrypted, 1 to ${MAX_ENCRYPTED_KEYS} times.`);
}

interface WrappedKey {
  readonly hash: string;
  readonly value: Buffer;
}

function wrappedKey(element: Element): WrappedKey {
  const method = methodOf(element);
  const algorithm = attribute(method, "Algorithm");
  const digest = named(method, XMLDSIG, "DigestMethod") ?? `${XMLDSIG}sha1`;
  const mask = algorithm === OAEP ? (named(method, XMLENC11, "MGF") ?? `${XMLENC11}mgf1sha1`) : `${XMLENC11}mgf1sha1`;
  const [known] = [...hashes].filter(([, each]) => each.digest === digest && each.mask === mask);
  if (known && (algorithm === OAEP || algorithm === OAEP_SHA1)) return { hash: known[0], value: cipherValue(element) };
  throw badAlgorithm("Encrypt the key with RSA-OAEP, its digest and its mask by the same hash.");
}

function named(method: Element, namespace: string, name: string): string | undefined {
  const [child] = childrenNamed(method, namespace, name);
  return child && (attribute(child, "Algorithm") ?? "");
}

function cipherValue(element: Element): Buffer {
  const data = childrenNamed(element, XMLENC, "CipherData");
  const [value, ...more] = data.flatMap((each) => childrenNamed(each, XMLENC, "CipherValue"));
  const base64 = value && more.length === 0 ? plainText(value)?.replace(/\s+/g, "") : undefined;
  if (base64 !== undefined && /^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return Buffer.from(base64, "base64");
  throw misshapen("What is encrypted must hold one CipherValue of base64.");
}

/** Undefined where any step fails. */
function opensWith(privateKey: string, wrapped: WrappedKey, cipher: DataCipher, body: Buffer): Buffer | undefined {
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const key = privateDecrypt({ key: privateKey, padding, oaepHash: wrapped.hash }, wrapped.value);
    return cipher.mode === "gcm" ? openGcm(cipher, key, body) : openCbc(cipher, key, body);
  } catch {
    return undefined;
  }
}

/** XML Encryption §5.2.4: nonce of 96 bits, ciphertext, tag of 128 bits and never less. */
function openGcm({ bits }: DataCipher, key: Buffer, body: Buffer): Buffer {
  if (body.length < GCM_NONCE + GCM_TAG) throw new RangeError("no room for nonce and tag");
  const [nonce, tag] = [body.subarray(0, GCM_NONCE), body.subarray(-GCM_TAG)];
  const decipher = createDecipheriv(`aes-${bits}-gcm`, key, nonce, { authTagLength: GCM_TAG }).setAuthTag(tag);
  return Buffer.concat([decipher.update(body.subarray(GCM_NONCE, -GCM_TAG)), decipher.final()]);
}

/** XML Encryption §5.2: of the padding the last byte alone says something. */
function openCbc({ bits }: DataCipher, key: Buffer, body: Buffer): Buffer {
  const decipher = createDecipheriv(`aes-${bits}-cbc`, key, body.subarray(0, BLOCK)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(body.subarray(BLOCK)), decipher.final()]);
  const pad = padded.at(-1) ?? 0;
  if (pad < 1 || pad > BLOCK) throw new RangeError("no padding");
  return padded.subarray(0, -pad);
}

function misshapen(detail: string): SignInRefused {
  return new SignInRefused("saml_encryption", detail);
}

function badAlgorithm(detail: string): SignInRefused {
  return new SignInRefused("saml_encryption_algorithm", detail);
}
