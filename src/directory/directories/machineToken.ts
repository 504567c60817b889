/**
 * The access tokens of a directory's OAuth client (RFC 6749 §4.4), as JWTs (RFC 9068). None but Usher reads them, so they
 * are keyed with what every process derives from USHER_SECRET_KEY, and to look at one costs no look-up of a key.
 */
import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { isUuid } from "../../base/ids.ts";
import { deriveKeys } from "../../base/secrets.ts";

/** RFC 7518 §3.2. */
export const MACHINE_TOKEN_ALGORITHM = "HS256";
/** RFC 9068 §2.1 */
const TYPE = "at+jwt";
const MOST_TOKEN = 4_096;

/** An OAuth client of a directory: its id names tenant and credential, so that it is looked up under row-level security. */
interface MachineClientId {
  readonly tenantId: string;
  readonly credentialId: string;
}

const CLIENT_ID = /^usm_([0-9a-f]{32})_([0-9a-f]{32})$/;

/** The client id of a credential. */
export function machineClientId({ tenantId, credentialId }: MachineClientId): string {
  return `usm_${tenantId.replaceAll("-", "")}_${credentialId.replaceAll("-", "")}`;
}

/** What a client id names; undefined where it is none of a directory. */
export function parseMachineClientId(text: unknown): MachineClientId | undefined {
  const [, tenant = "", credential = ""] = typeof text === "string" ? (CLIENT_ID.exec(text) ?? []) : [];
  const [tenantId, credentialId] = [withDashes(tenant), withDashes(credential)];
  return isUuid(tenantId) && isUuid(credentialId) ? { tenantId, credentialId } : undefined;
}

function withDashes(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** What such tokens are keyed with: the first signs, all verify. */
export function machineTokenKeys(secretKeys: readonly Buffer[]): Buffer[] {
  return deriveKeys(secretKeys, "scim-access-tokens");
}

/** What a token is held against. */
export interface MachineTokenParts {
  readonly secretKeys: readonly Buffer[];
  /** Of our OpenID Provider. */
  readonly issuer: string;
  /** The base of all SCIM requests (RFC 8707). */
  readonly audience: string;
  readonly now: Date;
}

/** Whether this may be a token of a client: by its form, before anything is proven. */
export function isMachineToken(token: string): boolean {
  if (token.length > MOST_TOKEN || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return false;
  try {
    return decodeProtectedHeader(token).alg === MACHINE_TOKEN_ALGORITHM;
  } catch {
    return false;
  }
}

/** Whom a token says that it is of, before anything is proven. */
export function clientOfMachineToken(token: string): MachineClientId | undefined {
  try {
    return parseMachineClientId(decodeJwt(token)["client_id"]);
  } catch {
    return undefined;
  }
}

/** Whose a token is and when it ends; undefined where it does not hold (RFC 9068 §4). */
export async function judgeMachineToken(
  token: string,
  { secretKeys, issuer, audience, now }: MachineTokenParts,
): Promise<{ readonly client: MachineClientId; readonly expiresAt: Date } | undefined> {
  const requirements = {
    algorithms: [MACHINE_TOKEN_ALGORITHM],
    typ: TYPE,
    issuer,
    audience,
    requiredClaims: ["exp", "client_id"],
    currentDate: now,
  };
  for (const key of machineTokenKeys(secretKeys)) {
    const verified = await jwtVerify(token, key, requirements).catch(() => undefined);
    const client = parseMachineClientId(verified?.payload["client_id"]);
    if (verified && client) return { client, expiresAt: new Date((verified.payload.exp ?? 0) * 1000) };
  }
  return undefined;
}
