/** Who pushes: whichever credential a directory came with, it is one caller from here on. */
import { isRefusal, Refusal } from "../../base/errors.ts";
import { isUuid } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { hasExpired } from "../tenants/credential.ts";
import { entraRefusal, judgeEntraToken } from "./entraToken.ts";
import type { KeyParts } from "./entraTokenKeys.ts";
import {
  clientCredential,
  entraCredential,
  type MachineCredential,
  touchMachineCredential,
} from "./machineCredentials.store.ts";
import { clientOfMachineToken, isMachineToken, judgeMachineToken, type MachineTokenParts } from "./machineToken.ts";
import { rememberedScimToken, rememberScimToken } from "./scimTokenCache.ts";
import { authenticateScimToken, ownerOfRefused } from "./scimTokens.ts";
import type { ScimCaller } from "./scimTokens.store.ts";

/** The directory that an address names; one of a SCIM token names none, for the token does. */
export interface DirectoryPlace {
  readonly tenantId: string;
  readonly directoryId: string;
}

/** The base of one directory's own address. */
export function directoryBaseUrl(publicUrl: string, { tenantId, directoryId }: DirectoryPlace): string {
  return `${publicUrl}/scim/tenants/${tenantId}/directories/${directoryId}/v2`;
}

/** Whose credential was refused, as far as it is known: in whose provisioning log that is told. */
interface RefusedOwner {
  readonly tenantId: string;
  readonly tokenId: string | null;
  readonly tokenName: string | null;
}

/** A caller, or why there is none. */
export type Authenticated =
  | { readonly caller: ScimCaller }
  | { readonly refusal: Refusal; readonly owner: RefusedOwner | undefined };

/** What authentication needs. */
type CallerParts = Omit<KeyParts & MachineTokenParts, "now"> & { readonly db: Database };

/**
 * Whom a bearer token speaks for. What was revoked in another process is known here for five more seconds at most.
 *
 * @param place of the address; null at the base of all directories
 */
export async function authenticateDirectory(
  parts: CallerParts,
  token: string,
  place: DirectoryPlace | null,
  now: Date,
): Promise<Authenticated> {
  if (place !== null) return entraCaller(parts, token, place, now);
  if (isMachineToken(token)) return clientCaller(parts, token, now);
  try {
    return { caller: await authenticateScimToken(parts.db, token, now) };
  } catch (error) {
    if (!isRefusal(error, "unauthenticated")) throw error;
    return { refusal: error, owner: ownerOfRefused(parts.db, token) };
  }
}

/** The answer is the same whatever is wrong with a token. */
async function clientCaller(parts: CallerParts, token: string, now: Date): Promise<Authenticated> {
  const hash = hashToken(token);
  const known = rememberedScimToken(parts.db, hash);
  if (known && !hasExpired(known.expiresAt, now)) return { caller: known };
  const caller = await clientOf(parts, token, hash, now);
  if (caller) return { caller };
  const named = clientOfMachineToken(token);
  return {
    refusal: new Refusal(
      "unauthenticated",
      "This access token is not valid: expired, of a client that was revoked, or not ours. Ask /oidc/token for another.",
    ),
    owner: named && { tenantId: named.tenantId, tokenId: null, tokenName: null },
  };
}

async function clientOf(parts: CallerParts, token: string, hash: Buffer, now: Date): Promise<ScimCaller | undefined> {
  const judgement = await judgeMachineToken(token, { ...parts, now });
  if (!judgement) return undefined;
  const { tenantId, credentialId } = judgement.client;
  const [[credential]] = await onceInTenant(parts.db, { tenantId }, clientCredential(tenantId, credentialId));
  if (!credential || hasExpired(credential.expiresAt, now)) return undefined;
  const until = earlier(credential.expiresAt, judgement.expiresAt);
  return remembered(parts.db, { ...credential, tenantId, hash }, until, now);
}

function earlier(a: Date | null, b: Date): Date {
  return a !== null && a < b ? a : b;
}

async function entraCaller(
  parts: CallerParts,
  token: string,
  place: DirectoryPlace,
  now: Date,
): Promise<Authenticated> {
  const { tenantId, directoryId } = place;
  if (!isUuid(tenantId) || !isUuid(directoryId)) return { refusal: entraRefusal("entra_unknown"), owner: undefined };
  // With the place: at another directory's address the same token is judged anew.
  const hash = hashToken(`${tenantId} ${directoryId} ${token}`);
  const known = rememberedScimToken(parts.db, hash);
  if (known && !hasExpired(known.expiresAt, now)) return { caller: known };
  const [[credential]] = await onceInTenant(parts.db, { tenantId }, entraCredential(tenantId, directoryId));
  if (!credential?.entra) return { refusal: entraRefusal("entra_unknown"), owner: undefined };
  return judged(parts, token, { ...credential, tenantId, hash }, now);
}

async function judged(
  { db, outbound }: CallerParts,
  token: string,
  credential: MachineCredential & { readonly tenantId: string; readonly hash: Buffer },
  now: Date,
): Promise<Authenticated> {
  const { tenantId, id, name, entra, expiresAt } = credential;
  try {
    if (!entra || hasExpired(expiresAt, now)) throw entraRefusal("entra_unknown");
    const ends = await judgeEntraToken(entra, token, { outbound, now });
    const caller = await remembered(db, credential, earlier(expiresAt, ends), now);
    if (!caller) throw entraRefusal("entra_unknown");
    return { caller };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { refusal: error, owner: { tenantId, tokenId: id, tokenName: name } };
  }
}

/**
 * Keeps a credential that was good, and writes its use down; undefined where it was revoked meanwhile, as it may be while
 * keys are looked up.
 */
async function remembered(
  db: Database,
  credential: MachineCredential & { readonly tenantId: string; readonly hash: Buffer },
  until: Date,
  now: Date,
): Promise<ScimCaller | undefined> {
  const { tenantId, id, name, directoryId, dialect, hash } = credential;
  const [[lives]] = await onceInTenant(db, { tenantId }, touchMachineCredential(tenantId, id, now));
  if (!lives) return undefined;
  const caller = { tenantId, actor: "machine_credential", tokenId: id, tokenName: name, directoryId, dialect } as const;
  rememberScimToken(db, hash, { ...caller, expiresAt: until });
  return caller;
}
