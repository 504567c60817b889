import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { seal, unseal } from "../../base/secrets.ts";
import { event, type EventType } from "../../events/event.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant, readOnce } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { firstKey } from "./connectionKeys.ts";
import { checkDirectory, checkMatch, nextStatus } from "./connectionRules.ts";
import {
  type Connection,
  connectionRow,
  connectionsAfter,
  countConnections,
  deleteConnection,
  enforcement,
  insertConnection,
  lockConnection,
  updateConnectionRow,
} from "./connections.store.ts";
import { stateAfter } from "./metadataRefresh.ts";
import { writeMetadataState } from "./metadataRefresh.store.ts";
import { effectsOn } from "../members/effects.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { checkChange, checkReach, endReach, noteMade, withdrawRequest } from "./setupReach.ts";
import { underLock } from "../members/underLock.ts";

/** What the use-cases of connections need beside the database. */
export interface ConnectionParts {
  readonly db: Database;
  /** 32 bytes each; the first encrypts, all decrypt. */
  readonly secretKeys: readonly Buffer[];
}

/** The identity provider's side of a connection: `saml` and `oidc` as they have been checked. */
export type ProviderData = Pick<Connection, "saml" | "oidc"> & {
  /** When metadata that was read from an address is to be read again. */
  readonly refreshAt?: Date;
  /** Undefined = the one that is kept, null = none. */
  readonly clientSecret?: string | null;
};

/** What of a connection is written by hand, but for the identity provider's side. */
export type ConnectionFields = Pick<
  Connection,
  | "provider"
  | "name"
  | "directoryId"
  | "match"
  | "attributes"
  | "groupsClaim"
  | "unsolicited"
  | "signRequests"
  | "allowCbc"
  | "singleLogout"
>;

/** A new connection; without `data` the identity provider's side comes later. */
export interface NewConnection extends ConnectionFields {
  readonly protocol: Connection["protocol"];
  readonly data: ProviderData | null;
}

/** What is to change of a connection. */
export interface ConnectionChange extends Partial<ConnectionFields> {
  /** The identity provider's side, made from what is kept of it. */
  readonly data?: (before: Connection) => ProviderData;
  readonly status?: "enabled" | "disabled";
  /** Enables a connection that nobody has tested. */
  readonly force?: boolean;
}

/** The tenant's connections, the oldest first. */
export function listConnections(db: Database, who: Who, page: PageWanted): Promise<IdPage<Connection>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => connectionsAfter(tenantId, after, most);
  return readIdPage(db, who, page, list, countConnections(tenantId));
}

/** @throws Refusal `not_found` */
export async function readConnection(db: Database, who: Who, id: string): Promise<Connection> {
  const [[row]] = await onceInTenant(db, who, connectionRow(who.tenantId, id));
  if (!row) throw noSuchConnection(id);
  await checkReach({ ...who, trx: { run: readOnce(db, who) } }, row);
  const { secret: _sealed, ...connection } = row;
  return connection;
}

/**
 * Makes a connection, as a draft: its addresses are known from now on.
 *
 * @throws Refusal `not_found` for a directory that is not the tenant's, `invalid_request`
 */
export async function createConnection(
  { db, secretKeys }: ConnectionParts,
  who: Who,
  wanted: NewConnection,
): Promise<Connection> {
  const { data, ...fields } = wanted;
  const { saml = null, oidc = null, clientSecret = null } = data ?? {};
  const id = newId(who.now);
  const hasSecret = clientSecret !== null;
  const read = stateAfter(data?.refreshAt ?? null, who.now);
  const moments = { createdAt: who.now, updatedAt: who.now };
  const connection = { ...fields, id, status: "draft" as const, saml, oidc, hasSecret, keys: [], ...moments, ...read };
  checkMatch(connection);
  checkChange(who, { directoryId: connection.directoryId, match: connection.match });
  return inTenant(db, who, async (scope) => {
    await checkDirectory(scope, connection.directoryId);
    await scope.trx.run(insertConnection(who.tenantId, connection, sealed(secretKeys, id, clientSecret) ?? null));
    const { name, protocol, provider } = connection;
    if (protocol === "saml") await enqueue(scope, firstKey(id));
    if (saml?.metadataUrl) await scope.trx.run(writeMetadataState(who.tenantId, id, read));
    await tell(scope, "connection.created", id, { name, protocol, provider });
    await noteMade(scope, "connection", id);
    return connection;
  });
}

/**
 * Changes a connection. What changes nothing writes and records nothing.
 *
 * @throws Refusal `not_found`; `invalid_request`; `conflict` where it cannot be enabled, or is the last one while
 *   single sign-on is required (rule 28)
 */
export async function updateConnection(
  { db, secretKeys }: ConnectionParts,
  who: Who,
  id: string,
  change: ConnectionChange,
): Promise<Connection> {
  checkChange(who, change);
  return inTenant(db, who, async (scope) => {
    // Rule 28 counts the others: two admins who disable one each must not both be right.
    if (change.status === "disabled") await underLock(db, scope);
    const before = await locked(scope, id);
    await checkReach(scope, before);
    await withdrawRequest(scope, id);
    return writeChange(scope, secretKeys, before, change);
  });
}

/** Carries a change of a locked connection out. @throws Refusal as `updateConnection` does */
export async function writeChange(
  scope: Scope,
  secretKeys: readonly Buffer[],
  before: Connection,
  change: ConnectionChange,
): Promise<Connection> {
  const { trx, tenantId, now } = scope;
  const { id } = before;
  const wanted = changed(before, change);
  const { after, clientSecret } = wanted;
  const attributes = differences(before, wanted);
  if (attributes.length === 0) return before;
  checkMatch(after);
  if (after.directoryId !== before.directoryId) await checkDirectory(scope, after.directoryId);
  if (after.status === "disabled") await refuseLast(scope, before);
  const isSame = isDeepStrictEqual(before.saml, after.saml);
  const read = isSame ? {} : stateAfter(wanted.refreshAt, now);
  const written = { ...after, ...read, updatedAt: now };
  await trx.run(updateConnectionRow(tenantId, written, sealed(secretKeys, id, clientSecret)));
  if (!isSame) await trx.run(writeMetadataState(tenantId, id, written));
  const isMoved = before.status !== after.status;
  if (isMoved && after.status === "enabled") await endReach(scope, id);
  const moved = isMoved ? { status: [before.status, after.status] } : {};
  await tell(scope, "connection.updated", id, { attributes, ...moved });
  return written;
}

/** A connection as a change makes it. A secret that is given counts as new, for nobody compares secrets. */
interface Changed {
  readonly after: Connection;
  readonly clientSecret: string | null | undefined;
  readonly newSecret: boolean;
  readonly refreshAt: Date | null;
}

function changed(before: Connection, change: ConnectionChange): Changed {
  const { data, status, force = false, ...fields } = change;
  const { saml, oidc, clientSecret, refreshAt }: ProviderData = data?.(before) ?? before;
  const hasSecret = clientSecret === undefined ? before.hasSecret : clientSecret !== null;
  const newSecret = typeof clientSecret === "string" || hasSecret !== before.hasSecret;
  const after = { ...before, ...fields, saml, oidc, hasSecret };
  const next = nextStatus(before, after, newSecret, { status, force });
  return { after: { ...after, status: next }, clientSecret, newSecret, refreshAt: refreshAt ?? null };
}

/** Names of what differs. */
function differences(before: Connection, { after, newSecret }: Changed): string[] {
  return [
    ...COMPARED.filter((name) => !isDeepStrictEqual(before[name], after[name])),
    ...(newSecret ? ["clientSecret"] : []),
  ];
}

const COMPARED = [
  "name",
  "provider",
  "saml",
  "oidc",
  "directoryId",
  "match",
  "attributes",
  "groupsClaim",
  "unsolicited",
  "signRequests",
  "allowCbc",
  "singleLogout",
  "status",
] as const;

/**
 * Deletes a connection: its identities are forgotten and with them the roles that mappings gave by its groups, and the
 * sessions that came by it end. The members stay; whoever was removed stays so by address (rule 22).
 *
 * @throws Refusal `not_found`, `conflict` for the last one while single sign-on is required (rule 28)
 */
export async function removeConnection(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const under = await underLock(db, scope);
    const before = await locked(scope, id);
    await refuseLast(scope, before);
    const [removed] = await scope.trx.run(deleteConnection(who.tenantId, id));
    const { memberIds = [], sessions = 0 } = removed ?? {};
    const { name, protocol } = before;
    await tell(scope, "connection.deleted", id, { name, protocol, identities: memberIds.length, sessions });
    await effectsOn(scope, under, memberIds);
  });
}

/** Rule 28, under the lock. */
async function refuseLast({ trx, tenantId }: Scope, { id, status }: Connection): Promise<void> {
  if (status !== "enabled") return;
  const [found] = await trx.run(enforcement(tenantId, id));
  if (!found?.required || found.others) return;
  const way = "Enable another connection first, or set signIn.ssoRequired to no.";
  throw new Refusal("conflict", `Single sign-on is required, and this is the only connection that is enabled. ${way}`);
}

async function locked({ trx, tenantId }: Scope, id: string): Promise<Connection> {
  const [connection] = await trx.run(lockConnection(tenantId, id));
  if (!connection) throw noSuchConnection(id);
  return connection;
}

function noSuchConnection(id: string): Refusal {
  return new Refusal("not_found", `no connection ${id}`);
}

async function tell(scope: Scope, type: EventType, id: string, data: Record<string, unknown>): Promise<void> {
  await record(scope, event(scope, type, { type: "connection", id }, data));
}

function sealed(keys: readonly Buffer[], id: string, secret: string | null | undefined): Buffer | null | undefined {
  return typeof secret === "string" ? seal(keys, secret, contextOf(id)) : secret;
}

/** Decrypts a connection's client secret, for its sign-in. */
export function openSecret(keys: readonly Buffer[], id: string, secret: Buffer | null): string | null {
  return secret === null ? null : unseal(keys, secret, contextOf(id));
}

/** A secret that is copied to another row opens nothing. */
function contextOf(id: string): string {
  return `connections ${id}`;
}
