import { hash, verify, type Options } from "@node-rs/argon2";
import { Refusal } from "../../base/errors.ts";

/** OWASP's first choice for argon2id, which is the library's default algorithm: memory in KiB, passes, lanes. */
const ARGON2ID: Options = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** Longest password in characters (code points): longer than any that people or their managers choose. */
export const MAX_PASSWORD_LENGTH = 256;

/**
 * Refuses a password that is shorter than the tenant allows, or longer than any is.
 *
 * @param minLength in characters (code points), `signIn.passwordMinLength`
 * @throws Refusal `invalid_request`
 */
export function checkPassword(password: string, minLength: number): void {
  const length = lengthOf(password);
  if (length >= minLength && length <= MAX_PASSWORD_LENGTH) return;
  const bound = length < minLength ? `at least ${minLength}` : `at most ${MAX_PASSWORD_LENGTH}`;
  const message = `The password has ${length} characters; use ${bound}.`;
  const extra = { minLength, maxLength: MAX_PASSWORD_LENGTH };
  throw new Refusal("invalid_request", message, { errors: [{ path: "/password", message }], extra });
}

/** Whether a password is shorter than the tenant allows. */
export function isShort(password: string, minLength: number): boolean {
  return lengthOf(password) < minLength;
}

function lengthOf(password: string): number {
  return Array.from(normalised(password)).length;
}

/** argon2id of a password as a PHC string, off the event loop; never inside a transaction, for it takes its time. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalised(password), ARGON2ID);
}

/**
 * Whether this is the password of a hash. Where there is none the answer is no and takes as long: who has a password
 * cannot be told by the clock.
 */
export async function verifyPassword(hashed: string | null, password: string): Promise<boolean> {
  const matches = await verify(hashed ?? (await nobody), normalised(password));
  return hashed !== null && matches;
}

const nobody = hash("nobody has this password", ARGON2ID);

/** NIST SP 800-63B §5.1.1.2: the same characters typed on two keyboards are one password. */
function normalised(password: string): string {
  return password.normalize("NFKC");
}
