import { randomBytes } from "node:crypto";
import { hashToken } from "../../base/secrets.ts";
import type { Holder } from "./factorHolder.ts";
import { takeRecoveryCode } from "./secondFactors.store.ts";

/** How many there are; each stands in for the second factor once. */
const COUNT = 10;
const LENGTH = 16;

/** Crockford's Base32: nothing in it is taken for something else. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** New codes of 80 random bits each, `XXXX-XXXX-XXXX-XXXX`: enough that a plain hash keeps them. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: COUNT }, () => {
    const letters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]);
    return letters.join("").replaceAll(/(.{4})(?=.)/g, "$1-");
  });
}

/** What is stored of a code, however it is written. */
export function hashRecoveryCode(holder: Holder, code: string): Buffer {
  return hashToken(`recovery:${holder.kind}:${holder.id}:${plain(code)}`);
}

/** The statement that takes a code, once; undefined for what cannot be one. */
export function recoveryCodeOf(holder: Holder, code: string): ReturnType<typeof takeRecoveryCode> | undefined {
  return plain(code).length === LENGTH ? takeRecoveryCode(holder, hashRecoveryCode(holder, code)) : undefined;
}

function plain(code: string): string {
  return code
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
}
