/**
 * Browsers in which somebody has signed in before. Guesses from elsewhere use up the tries of an address, and would lock its
 * owner out for as long as somebody goes on guessing; a browser that is known has tries of its own.
 */
import { createHmac } from "node:crypto";
import { isUuid } from "../../base/ids.ts";
import { deriveKeys, newSecret, sameSecret } from "../../base/secrets.ts";

/** How long a browser is known after a sign-in. */
export const KNOWN_SECONDS = 180 * 86_400;

/** Who has signed in in a browser; it opens nothing. */
export interface KnownBrowser {
  readonly tenantId: string;
  readonly memberId: string;
  /** Of this browser alone. */
  readonly nonce: string;
}

/** The cookie of a browser in which a member has just signed in. @param secretKeys the first signs */
export function knownCookie(secretKeys: readonly Buffer[], tenantId: string, memberId: string): string {
  const said = `${tenantId}.${memberId}.${newSecret()}`;
  return `${said}.${macsOf(secretKeys, said)[0] ?? ""}`;
}

/** What a cookie says; undefined where it is none of ours. @param secretKeys all are taken */
export function knownBrowser(secretKeys: readonly Buffer[], cookie: string | undefined): KnownBrowser | undefined {
  const [tenantId = "", memberId = "", nonce = "", mac = ""] = (cookie ?? "").split(".");
  if (!isUuid(tenantId) || !isUuid(memberId)) return undefined;
  const isOurs = macsOf(secretKeys, `${tenantId}.${memberId}.${nonce}`).some((each) => sameSecret(each, mac));
  return isOurs ? { tenantId, memberId, nonce } : undefined;
}

function macsOf(secretKeys: readonly Buffer[], said: string): string[] {
  return deriveKeys(secretKeys, "known-browser").map((key) =>
    createHmac("sha256", key).update(said).digest("base64url"),
  );
}
