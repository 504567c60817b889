import { Refusal } from "../../base/errors.ts";
import { isUuid } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { sqlState } from "../../storage/scope.ts";
import type { Actor } from "../../storage/types.ts";

/**
 * SCIM tokens, API keys, setup links and their sessions, invitations (`usi`), invite links (`usj`), and what an identity
 * provider revokes with (`usr`): what secret scanners and people tell them apart by.
 */
export type CredentialPrefix = "usc" | "usk" | "usl" | "uss" | "usi" | "usj" | "usr";

const FORM = /^(us[ckilsjr])_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** A new credential of a tenant: `<prefix>_<tenant without dashes>_<256 random bits>`, and the hash that is stored. */
export function newCredential(prefix: CredentialPrefix, tenantId: string): { token: string; hash: Buffer } {
  return credentialOf(prefix, tenantId, newSecret());
}

/** The same of a secret that was made elsewhere: 256 bits, base64url. */
export function credentialOf(
  prefix: CredentialPrefix,
  tenantId: string,
  secret: string,
): { token: string; hash: Buffer } {
  const token = `${prefix}_${tenantId.replaceAll("-", "")}_${secret}`;
  return { token, hash: hashToken(token) };
}

/** The tenant that a credential names, so that it is looked up under row-level security; undefined when malformed. */
export function tenantOfCredential(prefix: CredentialPrefix, token: string): string | undefined {
  const [, found, hex = ""] = FORM.exec(token) ?? [];
  if (found !== prefix) return undefined;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return isUuid(id) ? id : undefined;
}

/** Whether a credential has expired; null = never does. */
export function hasExpired(expiresAt: Date | null, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/**
 * Refuses a credential that would be dead at birth.
 *
 * @throws Refusal `invalid_request`
 */
export function checkExpiry(expiresAt: Date | null, now: Date): void {
  if (!hasExpired(expiresAt, now)) return;
  const message = "must be in the future; leave it out for a credential that does not expire";
  throw new Refusal("invalid_request", `expiresAt ${message}.`, { errors: [{ path: "/expiresAt", message }] });
}

/** The refusal of a write into a directory that was deleted while its token was still remembered, for some seconds. */
export function goneDirectory(error: unknown): Refusal | undefined {
  // foreign_key_violation (PostgreSQL, appendix A)
  if (sqlState(error) !== "23503") return undefined;
  return new Refusal("unauthenticated", "the directory of this token is no more");
}

/** Who made a credential, as it is kept beside it. */
export function writtenBy({ type, id }: Actor): string {
  return id === undefined ? type : `${type}:${id}`;
}
