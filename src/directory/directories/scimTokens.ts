import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { checkExpiry, hasExpired, newCredential, tenantOfCredential, writtenBy } from "../tenants/credential.ts";
import { directoryById, firstDirectory } from "./directories.store.ts";
import { noSuchDirectory } from "./directories.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import {
  countScimTokens,
  deleteScimToken,
  insertScimToken,
  type ScimCaller,
  type ScimToken,
  scimTokenByHash,
  scimTokensAfter,
} from "./scimTokens.store.ts";
import { mustWait, noteToken } from "../connections/setupRequests.ts";
import { forgetScimTokens, rememberedScimToken, rememberScimToken } from "./scimTokenCache.ts";

/** What a new token is to be; without a directory it is for the tenant's first. */
export interface NewScimToken extends Pick<ScimToken, "name" | "dialect" | "expiresAt"> {
  readonly directoryId: string | null;
}

/**
 * Whom a SCIM token speaks for; the same refusal whatever is wrong with it. A token that another process revoked is
 * known here for five more seconds at most, one that has expired or that this process revoked is not.
 *
 * @throws Refusal `unauthenticated`
 */
export async function authenticateScimToken(db: Database, token: string, now: Date): Promise<ScimCaller> {
  const hash = hashToken(token);
  const known = rememberedScimToken(db, hash) ?? (await lookUp(db, token, hash));
  if (!known || hasExpired(known.expiresAt, now)) throw invalidToken();
  return known;
}

async function lookUp(
  db: Database,
  token: string,
  hash: Buffer,
): Promise<(ScimCaller & { readonly expiresAt: Date | null }) | undefined> {
  // What has not the form of a token never reaches the database.
  const tenantId = tenantOfCredential("usc", token);
  if (tenantId === undefined) return undefined;
  const [[found]] = await onceInTenant(db, { tenantId }, scimTokenByHash(tenantId, hash));
  if (found) rememberScimToken(db, hash, found);
  return found;
}

/** Whose credential was refused, as far as that is known without a question: of one that has expired the token, else the tenant that it names. */
export function ownerOfRefused(
  db: Database,
  token: string,
): { tenantId: string; tokenId: string | null; tokenName: string | null } | undefined {
  const known = rememberedScimToken(db, hashToken(token));
  if (known) return known;
  const tenantId = tenantOfCredential("usc", token);
  return tenantId === undefined ? undefined : { tenantId, tokenId: null, tokenName: null };
}

function invalidToken(): Refusal {
  return new Refusal(
    "unauthenticated",
    "This SCIM token is not valid: unknown, expired, revoked, or not approved yet. Use another.",
  );
}

/**
 * Makes a token for a directory; its text is in the answer and nowhere else.
 *
 * @throws Refusal `not_found` for an unknown directory, `invalid_request` for an expiry in the past
 */
export async function createScimToken(
  db: Database,
  who: Who,
  wanted: NewScimToken,
): Promise<{ id: string; token: string; directoryId: string; awaitsApproval: boolean }> {
  checkExpiry(wanted.expiresAt, who.now);
  const id = newId(who.now);
  const { token, hash } = newCredential("usc", who.tenantId);
  return inTenant(db, who, async (scope) => {
    const directoryId = await directoryFor(scope, wanted.directoryId);
    const { name, dialect, expiresAt } = wanted;
    const awaitsApproval = await mustWait(scope);
    const given = { id, directoryId, name, dialect, expiresAt, awaitsApproval };
    const made = { ...given, createdBy: writtenBy(who.actor), createdAt: who.now };
    await scope.trx.run(insertScimToken(who.tenantId, made, hash));
    const data = { name, directoryId, dialect, expiresAt };
    await record(scope, event(who, "scim_token.created", { type: "scim_token", id }, data));
    await noteToken(scope, made);
    return { id, token, directoryId, awaitsApproval };
  });
}

/** The directory that is wanted, or the tenant's first. @throws Refusal `not_found`, `conflict` for one that is switched off */
export async function directoryFor({ trx, tenantId }: Scope, wanted: string | null): Promise<string> {
  const [directory] = await trx.run(wanted === null ? firstDirectory(tenantId) : directoryById(tenantId, wanted));
  if (directory?.closingAt) throw new Refusal("conflict", "This directory is being switched off. Choose another one.");
  if (directory) return directory.id;
  if (wanted !== null) throw noSuchDirectory(wanted);
  throw new Refusal("not_found", "This tenant has no directory. Make one first, then a token for it.");
}

/** The tenant's tokens, without their texts. */
export function listScimTokens(db: Database, who: Who, page: PageWanted): Promise<IdPage<ScimToken>> {
  const { tenantId } = who;
  return readIdPage(db, who, page, (after, most) => scimTokensAfter(tenantId, after, most), countScimTokens(tenantId));
}

/**
 * Ends a token: here at once, in other processes within five seconds.
 *
 * @throws Refusal `not_found`
 */
export async function revokeScimToken(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteScimToken(who.tenantId, id));
    if (!gone) throw new Refusal("not_found", `no SCIM token ${id}`);
    await record(scope, event(who, "scim_token.revoked", { type: "scim_token", id }, { ...gone }));
  });
  forgetScimTokens(db, ({ tokenId }) => tokenId === id);
}
