/**
 * What a setup link reaches. Use-cases that it may come to ask here, so that no surface can forget it: what setup links
 * have made, until it goes live. All else is not there for it.
 */
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Actor, Scope, Transaction } from "../../storage/types.ts";
import type { Connection } from "./connections.store.ts";
import { clearRequest, insertItem, lockLink, markDone, openItem, type SetupKind } from "./setupItems.store.ts";

/** A link that leaked is to fill no table: so many of each kind. */
const MOST: Readonly<Record<SetupKind, number>> = { connection: 10, scim_token: 10, domain: 20 };

/** Whether somebody acts by a setup link. */
export function isSetup({ type }: Actor): boolean {
  return type === "setup_link";
}

/**
 * Notes what was made by a setup link, in the transaction that makes it; nothing for anybody else.
 *
 * @throws Refusal `unauthenticated` where the link was revoked meanwhile, `conflict` where it has made enough
 */
export async function noteMade({ trx, tenantId, actor, now }: Scope, kind: SetupKind, thing: string): Promise<void> {
  if (!isSetup(actor)) return;
  const linkId = actor.id ?? "";
  const [link] = await trx.run(lockLink(tenantId, linkId, now));
  if (!link) throw noSetup();
  const item = { id: newId(now), linkId, kind, thing };
  const [made] = await trx.run(insertItem(tenantId, item, MOST[kind], now));
  if (made) return;
  throw new Refusal("conflict", `One setup link makes ${MOST[kind]} of these at most. Go on with those there are.`);
}

/**
 * Refuses a setup link a connection that no link has made, or that has gone live.
 *
 * @throws Refusal `not_found`, `forbidden`
 */
export async function checkReach(
  { trx, tenantId, actor }: Pick<Scope, "tenantId" | "actor"> & { readonly trx: Pick<Transaction, "run"> },
  { id, status }: Pick<Connection, "id" | "status">,
): Promise<void> {
  if (!isSetup(actor)) return;
  const [item] = await trx.run(openItem(tenantId, "connection", id));
  if (!item) throw new Refusal("not_found", `no connection ${id}`);
  if (status === "draft" || status === "tested") return;
  throw new Refusal("forbidden", "This connection is in use. Ask an admin of the organisation to change it.");
}

/**
 * Refuses a setup link what is for admins: to switch a connection on or off, and to match members of a directory.
 *
 * @throws Refusal `forbidden`
 */
export function checkChange({ actor }: Pick<Scope, "actor">, change: ForAdmins): void {
  if (!isSetup(actor)) return;
  const { status, directoryId = null, match = null } = change;
  if (status !== undefined) {
    throw new Refusal("forbidden", "By a setup link, ask for it to go live: POST …/setup-requests.");
  }
  if (directoryId === null && match === null) return;
  throw new Refusal("forbidden", "Matching members of a directory is for an admin. Leave directoryId and match out.");
}

interface ForAdmins extends Partial<Pick<Connection, "directoryId" | "match">> {
  readonly status?: "enabled" | "disabled";
}

/** What has gone live is for admins from then on, whoever switched it on, and also once it is switched off. */
export async function endReach({ trx, tenantId, now }: Scope, connectionId: string): Promise<void> {
  await trx.run(markDone(tenantId, "connection", connectionId, now));
}

/** What is changed by a setup link is no longer what was asked a yes for. */
export async function withdrawRequest({ trx, tenantId, actor }: Scope, connectionId: string): Promise<void> {
  if (isSetup(actor)) await trx.run(clearRequest(tenantId, "connection", connectionId));
}

/** A domain that is given up, or claimed anew, is not what a yes was asked for. */
export async function forgetDomain({ trx, tenantId }: Scope, domain: string): Promise<void> {
  await trx.run(clearRequest(tenantId, "domain", domain));
}

/** The refusal of a session that has ended. */
export function noSetup(): Refusal {
  return new Refusal("unauthenticated", "This setup link has ended. Ask whoever sent it for another one.");
}
