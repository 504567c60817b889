/**
 * Going live: what was made through a setup link is of use to nobody until an admin says yes, once there are people in
 * the tenant whom it could reach. Where there are none, it is of use at once.
 */
import { permits } from "../../admission/permissions.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event, type EventType } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { type ConnectionParts, writeChange } from "./connections.ts";
import { lockConnection } from "./connections.store.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { approveToken, deleteScimToken, type ScimToken } from "../directories/scimTokens.store.ts";
import * as store from "./setupItems.store.ts";
import type { SetupRequest } from "./setupItems.store.ts";
import { anyActive } from "./setupLinks.store.ts";
import { checkReach, isSetup, noteMade } from "./setupReach.ts";

/** What the page of a setup link shows: what was made by it, and what it may go on with. */
export async function setupThings(db: Database, who: Who): Promise<readonly store.ShownItem[]> {
  return (await onceInTenant(db, who, store.shownItems(who.tenantId, who.actor.id ?? "")))[0];
}

/** What waits for a yes, the oldest first. */
export function listSetupRequests(db: Database, who: Who, page: PageWanted): Promise<IdPage<SetupRequest>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => store.requestsAfter(tenantId, after, most);
  return readIdPage(db, who, page, list, store.countRequests(tenantId));
}

/**
 * Asks, by a setup link, that a connection go live as it is now.
 *
 * @returns the request that an admin decides; null where it went live at once
 * @throws Refusal `not_found`, `forbidden` for one that is in use, `conflict` for one that nobody has tested
 */
export async function askForConnection(
  { db, secretKeys }: ConnectionParts,
  who: Who,
  id: string,
): Promise<string | null> {
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId } = scope;
    const [connection] = await trx.run(lockConnection(tenantId, id));
    if (!connection) throw new Refusal("not_found", `no connection ${id}`);
    await checkReach(scope, connection);
    if (connection.status !== "tested") {
      throw new Refusal("conflict", "Nobody has signed in through this connection as it is. Test it first.");
    }
    if (await mustWait(scope)) return ask(scope, "connection", id, connection.name);
    await writeChange(scope, secretKeys, connection, { status: "enabled" });
    await mailAdmins(scope, { message: "setupLive", values: { what: connection.name } });
    return null;
  });
}

/** Whether what somebody makes has to wait: made by a setup link, in a tenant that people are in. */
export async function mustWait({ trx, tenantId, actor }: Scope): Promise<boolean> {
  return isSetup(actor) && (await trx.run(anyActive(tenantId))).length > 0;
}

/** Notes a token that was made through a setup link, and asks for a yes where it has to wait. */
export async function noteToken(
  scope: Scope,
  { id, name, awaitsApproval }: Pick<ScimToken, "id" | "name" | "awaitsApproval">,
): Promise<void> {
  if (!isSetup(scope.actor)) return;
  await noteMade(scope, "scim_token", id);
  if (awaitsApproval) await ask(scope, "scim_token", id, name);
  else await mailAdmins(scope, { message: "setupLive", values: { what: name } });
}

/** A domain that the DNS has proven is the organisation's own, whoever asked: the admins hear of it. */
export async function domainIsLive(scope: Scope, domain: string): Promise<void> {
  if (isSetup(scope.actor)) await mailAdmins(scope, { message: "setupLive", values: { what: domain } });
}

async function ask(scope: Scope, kind: SetupRequest["kind"], thing: string, name: string): Promise<string> {
  const { trx, tenantId, now, actor } = scope;
  const id = newId(now);
  const [item] = await trx.run(store.openItem(tenantId, kind, thing));
  if (!item) throw new Error("what was made through a setup link has no note of it");
  await trx.run(store.writeRequest(tenantId, item.id, id, now));
  await tell(scope, "setup_request.created", { id, linkId: actor.id ?? "", kind, thing });
  await mailAdmins(scope, { message: "setupWaiting", values: { what: name } });
  return id;
}

/** An admin, with what they may do. */
type Deciding = Who & { readonly permissions: readonly string[] };

/**
 * Says yes to a request: the connection is enabled, or the token good, as it was when it was asked for.
 *
 * @throws Refusal `not_found`, also where it was changed since; `forbidden` for what the caller could not make live
 */
export async function approveSetupRequest(
  { db, secretKeys }: ConnectionParts,
  who: Deciding,
  id: string,
): Promise<void> {
  await decide(db, who, id, async (scope, { kind, thing, name }) => {
    const { trx, tenantId, now } = scope;
    if (kind === "connection") {
      const [connection] = await trx.run(lockConnection(tenantId, thing));
      if (!connection) throw noRequest();
      await writeChange(scope, secretKeys, connection, { status: "enabled" });
    } else {
      await trx.run(approveToken(tenantId, thing));
      await trx.run(store.markDone(tenantId, kind, thing, now));
    }
    await mailAdmins(scope, { message: "setupLive", values: { what: name } });
    return "setup_request.approved";
  });
}

/**
 * Says no: a token is gone; a connection stays what it is, and may be asked for again.
 *
 * @throws Refusal `not_found`, `forbidden`
 */
export async function declineSetupRequest(db: Database, who: Deciding, id: string): Promise<void> {
  await decide(db, who, id, async ({ trx, tenantId }, { kind, thing }) => {
    if (kind === "scim_token") await trx.run(deleteScimToken(tenantId, thing));
    await trx.run(store.clearRequest(tenantId, kind, thing));
    return "setup_request.declined";
  });
}

const NEEDED = { connection: "connections:edit", scim_token: "scimTokens:create" } as const;

async function decide(
  db: Database,
  who: Deciding,
  id: string,
  work: (scope: Scope, request: SetupRequest) => Promise<EventType>,
): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const { trx, tenantId } = scope;
    const [request] = await trx.run(store.lockRequest(tenantId, id));
    if (!request) throw noRequest();
    const needed = NEEDED[request.kind];
    if (!permits(who.permissions, needed)) {
      throw new Refusal("forbidden", `This needs the permission ${needed}.`, { extra: { permission: needed } });
    }
    await tell(scope, await work(scope, request), request);
  });
}

function noRequest(): Refusal {
  return new Refusal("not_found", "No such request: it was decided, withdrawn, or what it was for has changed since.");
}

async function tell(
  scope: Scope,
  type: EventType,
  { id, linkId, kind, thing }: Pick<SetupRequest, "id" | "linkId" | "kind" | "thing">,
): Promise<void> {
  await record(scope, event(scope, type, { type: "setup_request", id }, { linkId, kind, thing }));
}
