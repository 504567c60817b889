import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** 256 random bits, base64url: the secret part of every token that we hand out. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * SHA-256 of a token: what is stored of it. Tokens hold 256 random bits, so a slow hash would add nothing; people's
 * passwords are another matter and go through argon2id.
 */
export function hashToken(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** Whether two strings are equal, in a time that tells nothing of where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashToken(a), hashToken(b));
}

/**
 * Encrypts a secret for storage with AES-256-GCM: nonce, tag and ciphertext in one buffer.
 *
 * @param keys 32 bytes each; the first encrypts
 * @param context what the secret belongs to (table and id), authenticated so that it cannot be moved elsewhere
 */
export function seal(keys: readonly Buffer[], plain: string, context: string): Buffer {
  const key = keys[0];
  if (!key) throw new Error("seal: no key");
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Keys for one purpose alone, 32 bytes each, in the order of those that they come from (HKDF, RFC 5869). */
export function deriveKeys(keys: readonly Buffer[], purpose: string): Buffer[] {
  return keys.map((key) => Buffer.from(hkdfSync("sha256", key, "", purpose, 32)));
}

/** Decrypts what `seal` made, with whichever of the keys fits. Throws (a fault) when none does. */
export function unseal(keys: readonly Buffer[], sealed: Buffer, context: string): string {
  for (const key of keys) {
    const plain = tryKey(key, sealed, context);
    if (plain !== undefined) return plain;
  }
  throw new Error(`unseal: no key of USHER_SECRET_KEY opens ${context}`);
}

/** Which of the keys opens what `seal` made, by its place among them; undefined where none does. */
export function sealedBy(keys: readonly Buffer[], sealed: Buffer, context: string): number | undefined {
  const place = keys.findIndex((key) => tryKey(key, sealed, context) !== undefined);
  return place === -1 ? undefined : place;
}

function tryKey(key: Buffer, sealed: Buffer, context: string): string | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAuthTag(tag);
    decipher.setAAD(Buffer.from(context));
    const body = sealed.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
