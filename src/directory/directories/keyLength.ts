import { ScimRefusal } from "../../scim/types.ts";

/** Bytes of UTF-8. PostgreSQL takes no index entry above 2,704 bytes, tenant and id included. */
const MAX_KEY_BYTES = 2_000;

/**
 * Refuses what is too long to be found by.
 *
 * @param keys what is indexed, by the attribute that it comes from
 * @throws ScimRefusal `invalidValue`, naming the attribute
 */
export function checkKeyLength(keys: Readonly<Record<string, string | null>>): void {
  for (const [attribute, key] of Object.entries(keys)) {
    if (key === null || Buffer.byteLength(key) <= MAX_KEY_BYTES) continue;
    throw new ScimRefusal("invalidValue", `${attribute} is too long: ${MAX_KEY_BYTES} bytes of UTF-8 are the most`);
  }
}
