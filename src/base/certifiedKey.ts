import { generateKeyPair, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import { createTurns } from "./turns.ts";

/** A key in the form in which SAML metadata carries it: with a certificate that vouches for nothing. */
export interface CertifiedKey {
  /** PEM, self-signed. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

/** As strong as AES-128 (NIST SP 800-57 part 1, table 2). */
const RSA_BITS = 3072;
/** Nobody looks at it but people, whom a certificate that has run out frightens. */
const YEARS = 10;

const generate = promisify(generateKeyPair);
/** One at a time: it takes a thread of the few that hash passwords and read files. */
const turns = createTurns({ atOnce: 1, waitMs: 30_000, mostWaiting: 20 });

/**
 * Makes an RSA key, off the event loop: it takes a core a second or so.
 *
 * @throws Refusal `unavailable` where too many are asked for
 */
export async function newCertifiedKey(commonName: string, now: Date): Promise<CertifiedKey> {
  const { publicKey, privateKey } = await turns.take("keys", () => generate("rsa", { modulusLength: RSA_BITS }));
  const ends = new Date(now);
  ends.setUTCFullYear(now.getUTCFullYear() + YEARS);
  const name = nameOf(commonName);
  const validity = der(SEQUENCE, time(now), time(ends));
  const key = publicKey.export({ type: "spki", format: "der" });
  const signed = der(SEQUENCE, VERSION_3, serialNumber(), SHA256_WITH_RSA, name, validity, name, key);
  // RFC 5280 §4.1.1.3: a BIT STRING begins with the count of bits that its last byte lacks.
  const signature = der(BIT_STRING, Buffer.of(0), sign("sha256", signed, privateKey));
  const certificate = pem(der(SEQUENCE, signed, SHA256_WITH_RSA, signature));
  return { certificate, privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** Tags of X.690 §8. */
const [SEQUENCE, SET, INTEGER, BIT_STRING, UTF8_STRING, UTC_TIME, GENERALIZED_TIME] = [
  0x30, 0x31, 0x02, 0x03, 0x0c, 0x17, 0x18,
] as const;
const VERSION_3 = Buffer.from("a003020102", "hex");
/** RFC 4055 §5: with NULL for parameters. */
const SHA256_WITH_RSA = Buffer.from("300d06092a864886f70d01010b0500", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");

/** DER (X.690 §8.1): tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(body.length)), body]);
}

/** X.690 §8.1.3: in one octet below 128, else the number of octets before them. */
function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const hex = length.toString(16);
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return [0x80 | octets.length, ...octets];
}

function nameOf(commonName: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName, "utf8")))));
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return der(INTEGER, bytes);
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049. */
function time(moment: Date): Buffer {
  const digits = moment.toISOString().replace(/\.\d+Z$|\D/g, "");
  const isEarly = moment.getUTCFullYear() < 2050;
  return der(isEarly ? UTC_TIME : GENERALIZED_TIME, Buffer.from(`${digits.slice(isEarly ? 2 : 0)}Z`, "latin1"));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
