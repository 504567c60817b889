import { mayGrant } from "../../admission/permissions.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { type ApiKey, apiKeyByHash, apiKeysAfter, countApiKeys, deleteApiKey, insertApiKey } from "./apiKeys.store.ts";
import { checkExpiry, hasExpired, newCredential, tenantOfCredential, writtenBy } from "./credential.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import type { Tenant } from "./tenant.ts";
import { tenantById } from "./tenants.store.ts";

/** What a new key is to be. */
export type NewApiKey = Pick<ApiKey, "name" | "permissions" | "expiresAt">;

/**
 * Whose key this is, in one round trip; the same refusal whatever is wrong with it.
 *
 * @throws Refusal `unauthenticated`
 */
export async function authenticateApiKey(
  db: Database,
  token: string,
  now: Date,
): Promise<{ keyId: string; permissions: readonly string[]; tenant: Tenant }> {
  const tenantId = tenantOfCredential("usk", token);
  if (tenantId === undefined) throw invalidKey();
  const [[key], [tenant]] = await onceInTenant(
    db,
    { tenantId },
    apiKeyByHash(tenantId, hashToken(token)),
    tenantById(tenantId),
  );
  if (!key || !tenant || hasExpired(key.expiresAt, now)) throw invalidKey();
  return { keyId: key.id, permissions: key.permissions, tenant };
}

function invalidKey(): Refusal {
  return new Refusal("unauthenticated", "This credential is not valid: unknown, expired or revoked. Use another.");
}

/**
 * Makes a key; its text is in the answer and nowhere else.
 *
 * @param held what the caller may do: a key never may more (rule 16)
 * @throws Refusal `forbidden`, `invalid_request` for an expiry in the past
 */
export async function createApiKey(
  db: Database,
  who: Who,
  wanted: NewApiKey,
  held: readonly string[],
): Promise<{ id: string; key: string }> {
  if (!mayGrant(held, wanted.permissions)) {
    throw new Refusal("forbidden", "A key cannot have permissions that you do not have. Ask for those that you have.");
  }
  checkExpiry(wanted.expiresAt, who.now);
  const id = newId(who.now);
  const { token, hash } = newCredential("usk", who.tenantId);
  await inTenant(db, who, async (scope) => {
    const key = { ...wanted, id, createdBy: writtenBy(who.actor), createdAt: who.now };
    await scope.trx.run(insertApiKey(who.tenantId, key, hash));
    const { name, permissions, expiresAt } = wanted;
    await record(scope, event(who, "api_key.created", { type: "api_key", id }, { name, permissions, expiresAt }));
  });
  return { id, key: token };
}

/** The tenant's keys, without their texts. */
export function listApiKeys(db: Database, who: Who, page: PageWanted): Promise<IdPage<ApiKey>> {
  const { tenantId } = who;
  return readIdPage(db, who, page, (after, most) => apiKeysAfter(tenantId, after, most), countApiKeys(tenantId));
}

/**
 * Ends a key at once.
 *
 * @throws Refusal `not_found`
 */
export async function revokeApiKey(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteApiKey(who.tenantId, id));
    if (!gone) throw new Refusal("not_found", `no API key ${id}`);
    await record(scope, event(who, "api_key.revoked", { type: "api_key", id }, { name: gone.name }));
  });
}
