import { createHmac } from "node:crypto";
import { deriveKeys } from "../../base/secrets.ts";
import { credentialOf } from "../tenants/credential.ts";

/** What the token of a mailed invitation is about: another address or another sending is another token. */
interface TokenOf {
  readonly tenantId: string;
  readonly memberId: string;
  readonly serial: number;
  readonly emailKey: string;
}

/**
 * The tokens of a mailed invitation, one for each key: 256 bits, a MAC over what it is about. So the job that mails it can
 * work it out, and neither the database nor the job holds it; what is stored is the hash of the first.
 */
export function invitationTokens(
  secretKeys: readonly Buffer[],
  { tenantId, memberId, serial, emailKey }: TokenOf,
): { readonly token: string; readonly hash: Buffer }[] {
  const claim = JSON.stringify([tenantId, memberId, serial, emailKey]);
  return deriveKeys(secretKeys, "invitations").map((key) =>
    credentialOf("usi", tenantId, createHmac("sha256", key).update(claim).digest("base64url")),
  );
}

/** Where a token leads. In the fragment, which no browser sends: it is in no log and no Referer (RFC 3986 §3.5). */
export function invitationUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/invitation#${token}`;
}
