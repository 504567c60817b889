/**
 * Our own keys of a SAML connection: requests are signed with the oldest, assertions are decrypted with any, and the
 * metadata publishes all. So one follows another without a gap: a second is made, the identity provider learns of it in
 * its own time, and then the first is deleted.
 */
import { X509Certificate } from "node:crypto";
import { newCertifiedKey } from "../../base/certifiedKey.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { seal, unseal } from "../../base/secrets.ts";
import { event, type EventType } from "../../events/event.ts";
import type { Handlers, NewJob } from "../../events/jobs.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Scope, Who } from "../../storage/types.ts";
import * as store from "./connectionKeys.store.ts";
import { type Connection, connectionRow, lockConnection } from "./connections.store.ts";
import type { ConnectionParts } from "./connections.ts";

/** The one in use and the one to come. */
const MOST_KEYS = 2;

/** A key as its admin sees it. */
export interface ShownKey extends store.PublishedKey {
  /** When its certificate ends. */
  readonly expiresAt: Date;
}

/** A key with the end of its certificate. */
export function shownKey({ id, certificate }: store.PublishedKey): ShownKey {
  return { id, certificate, expiresAt: new Date(new X509Certificate(certificate).validTo) };
}

/**
 * Makes the key that is to follow.
 *
 * @throws Refusal `not_found` for no SAML connection, `conflict` where two keys are there already
 */
export async function addConnectionKey(parts: ConnectionParts, who: Who, connectionId: string): Promise<ShownKey> {
  const [[connection]] = await onceInTenant(parts.db, who, connectionRow(who.tenantId, connectionId));
  // Asked before the second that a key takes, and again when nobody else can add one.
  checkRoom(connection, connectionId);
  const key = await newKey(parts, who, connectionId);
  return inTenant(parts.db, who, async (scope) => {
    const [current] = await scope.trx.run(lockConnection(who.tenantId, connectionId));
    checkRoom(current, connectionId);
    await keep(scope, connectionId, key);
    return shownKey(key);
  });
}

function checkRoom(connection: Connection | undefined, id: string): void {
  if (connection?.protocol !== "saml") throw new Refusal("not_found", `no SAML connection ${id}`);
  if (connection.keys.length < MOST_KEYS) return;
  throw new Refusal(
    "conflict",
    "The next key is there already. Delete the oldest once the identity provider knows it.",
  );
}

/**
 * Takes a key away: from now on nothing is decrypted with it.
 *
 * @throws Refusal `not_found`, `conflict` for the only one
 */
export async function removeConnectionKey(
  { db }: ConnectionParts,
  who: Who,
  connectionId: string,
  id: string,
): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [connection] = await scope.trx.run(lockConnection(who.tenantId, connectionId));
    if (!connection?.keys.some((key) => key.id === id)) throw new Refusal("not_found", `no key ${id}`);
    if (connection.keys.length === 1)
      throw new Refusal("conflict", "This is the only key. Make the one to follow first.");
    await scope.trx.run(store.deleteConnectionKey(who.tenantId, connectionId, id));
    await tell(scope, "connection.key_deleted", connectionId, id);
  });
}

const FIRST_KEY = "connection.first-key";

/** The job that makes a new connection's key: it takes a second of a core, which nobody who creates one waits for. */
export function firstKey(connectionId: string): NewJob {
  return { kind: FIRST_KEY, payload: { connectionId } };
}

/** The handler of that job. */
export function connectionKeyJobs(parts: ConnectionParts): Handlers {
  return {
    [FIRST_KEY]: {
      atOnce: 1,
      outside: async ({ tenantId, payload }) => {
        const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
        await makeFirstKey(parts, who, String(payload["connectionId"]));
      },
    },
  };
}

/** Makes the key of a connection that has none; one that is gone, or has one, is left as it is. */
async function makeFirstKey(parts: ConnectionParts, who: Who, connectionId: string): Promise<void> {
  const lacks = (connection: Connection | undefined): boolean => connection?.keys.length === 0;
  const [[connection]] = await onceInTenant(parts.db, who, connectionRow(who.tenantId, connectionId));
  if (!lacks(connection)) return;
  const key = await newKey(parts, who, connectionId);
  await inTenant(parts.db, who, async (scope) => {
    const [current] = await scope.trx.run(lockConnection(who.tenantId, connectionId));
    if (lacks(current)) await keep(scope, connectionId, key);
  });
}

async function newKey({ secretKeys }: ConnectionParts, { now }: Who, connectionId: string): Promise<store.SealedKey> {
  const id = newId(now);
  const { certificate, privateKey } = await newCertifiedKey(`connection ${connectionId}`, now);
  return { id, certificate, privateKey: seal(secretKeys, privateKey, contextOf(id)) };
}

/** Decrypts a key, for sign-in. */
export function openKey(
  secretKeys: readonly Buffer[],
  { id, certificate, privateKey }: store.SealedKey,
): {
  certificate: string;
  privateKey: string;
} {
  return { certificate, privateKey: unseal(secretKeys, privateKey, contextOf(id)) };
}

/** A key that is copied to another row opens nothing. */
function contextOf(id: string): string {
  return `connection_keys ${id}`;
}

async function keep(scope: Scope, connectionId: string, key: store.SealedKey): Promise<void> {
  await scope.trx.run(store.insertConnectionKey(scope.tenantId, connectionId, key, scope.now));
  await tell(scope, "connection.key_created", connectionId, key.id);
}

async function tell(scope: Scope, type: EventType, connectionId: string, keyId: string): Promise<void> {
  await record(scope, event(scope, type, { type: "connection", id: connectionId }, { keyId }));
}
