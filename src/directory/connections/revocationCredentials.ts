/** By what an identity provider may have somebody's sessions and tokens ended: a secret of ours, or an issuer that signs. */
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { newCredential, tenantOfCredential, writtenBy } from "../tenants/credential.ts";
import { connectionRow, lockConnection } from "./connections.store.ts";
import {
  countRevocationCredentials,
  deleteRevocationCredential,
  insertRevocationCredential,
  type RevocationCredential,
  revocationCredentialsAfter,
  useRevocationCredential,
} from "./revocationCredentials.store.ts";

/** Of one connection: an issuer and a secret, each with the one to follow, and room besides. */
const MOST = 10;

/**
 * Makes a credential; the text of a secret is in the answer and nowhere else.
 *
 * @param issuer whose signed tokens are to be taken; null = a secret
 * @throws Refusal `not_found`, `conflict` where there are too many
 */
export async function createRevocationCredential(
  db: Database,
  who: Who,
  connectionId: string,
  { name, issuer }: Pick<RevocationCredential, "name" | "issuer">,
): Promise<{ credential: RevocationCredential; token: string | null }> {
  const { tenantId, now } = who;
  const secret = issuer === null ? newCredential("usr", tenantId) : null;
  return inTenant(db, who, async (scope) => {
    await checkConnection(scope, connectionId);
    const [held] = await scope.trx.run(countRevocationCredentials(tenantId, connectionId));
    if ((held?.count ?? 0) >= MOST)
      throw new Refusal("conflict", `A connection has ${MOST} at most. Delete one first.`);
    const made = { createdBy: writtenBy(who.actor), createdAt: now, lastUsedAt: null };
    const credential = { id: newId(now), name, issuer, ...made };
    await scope.trx.run(insertRevocationCredential(tenantId, connectionId, credential, secret?.hash ?? null));
    await tell(scope, "created", connectionId, credential);
    return { credential, token: secret?.token ?? null };
  });
}

async function checkConnection({ trx, tenantId }: Scope, id: string): Promise<void> {
  const [connection] = await trx.run(lockConnection(tenantId, id));
  if (!connection) throw noSuchConnection(id);
}

function noSuchConnection(id: string): Refusal {
  return new Refusal("not_found", `no connection ${id}`);
}

async function tell(
  scope: Scope,
  what: "created" | "deleted",
  connectionId: string,
  { id, issuer }: Pick<RevocationCredential, "id" | "issuer">,
): Promise<void> {
  const data = { credentialId: id, kind: issuer === null ? "secret" : "issuer" };
  const target = { type: "connection", id: connectionId } as const;
  await record(scope, event(scope, `connection.revocation_credential_${what}`, target, data));
}

/** The credentials of a connection, without their secrets. @throws Refusal `not_found` */
export async function listRevocationCredentials(
  db: Database,
  who: Who,
  connectionId: string,
  page: PageWanted,
): Promise<IdPage<RevocationCredential>> {
  const { tenantId } = who;
  const [[connection]] = await onceInTenant(db, who, connectionRow(tenantId, connectionId));
  if (!connection) throw noSuchConnection(connectionId);
  const list = (after: string, most: number) => revocationCredentialsAfter(tenantId, connectionId, after, most);
  return readIdPage(db, who, page, list, countRevocationCredentials(tenantId, connectionId));
}

/** Ends a credential, everywhere at once. @throws Refusal `not_found` */
export async function deleteRevocation(db: Database, who: Who, connectionId: string, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteRevocationCredential(who.tenantId, connectionId, id));
    if (!gone) throw new Refusal("not_found", `no revocation credential ${id}`);
    await tell(scope, "deleted", connectionId, { id, issuer: gone.issuer });
  });
}

/** Whether this is a secret of the connection. */
export async function isRevocationSecret(
  db: Database,
  at: { readonly tenantId: string; readonly connectionId: string },
  token: string,
  now: Date,
): Promise<boolean> {
  const { tenantId, connectionId } = at;
  if (tenantOfCredential("usr", token) !== tenantId) return false;
  const hash = hashToken(token);
  const [[found]] = await onceInTenant(db, at, useRevocationCredential(tenantId, connectionId, { hash }, now));
  return found !== undefined;
}

/**
 * Whether the connection takes the tokens that this issuer signs.
 *
 * @param usedAt null until such a token has been proven: whoever writes the issuer's name into one uses nothing
 */
export async function isRevocationIssuer(
  db: Database,
  at: { readonly tenantId: string; readonly connectionId: string },
  issuer: string,
  usedAt: Date | null,
): Promise<boolean> {
  const { tenantId, connectionId } = at;
  const [[found]] = await onceInTenant(db, at, useRevocationCredential(tenantId, connectionId, { issuer }, usedAt));
  return found !== undefined;
}
