/**
 * Asking to go live: what was made through a setup link is of use to nobody until an admin says yes (`setupApproval.ts`),
 * once there are people in the tenant whom it could reach. Where there are none, it is of use at once.
 */
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
import type { ScimToken } from "../directories/scimTokens.store.ts";
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

/**
 * Asks that a domain, which the DNS has just proven, be the organisation's own: it lets people in and may shut passwords
 * out. Asking again changes nothing.
 */
export async function askForDomain(scope: Scope, domain: string): Promise<void> {
  // An admin may have claimed it.
  await noteMade(scope, "domain", domain);
  const [item] = await scope.trx.run(store.openItem(scope.tenantId, "domain", domain));
  if (item?.requestId === null) await ask(scope, "domain", domain, domain);
}

/** A domain that was proven by a setup link is the organisation's own now: the admins hear of it. */
export async function domainIsLive(scope: Scope, domain: string): Promise<void> {
  if (isSetup(scope.actor)) await mailAdmins(scope, { message: "setupLive", values: { what: domain } });
}

async function ask(scope: Scope, kind: SetupRequest["kind"], thing: string, name: string): Promise<string> {
  const { trx, tenantId, now, actor } = scope;
  const id = newId(now);
  const [item] = await trx.run(store.openItem(tenantId, kind, thing));
  if (!item) throw new Error("what was made through a setup link has no note of it");
  await trx.run(store.writeRequest(tenantId, item.id, id, now));
  await tellRequest(scope, "setup_request.created", { id, linkId: actor.id ?? "", kind, thing });
  await mailAdmins(scope, { message: "setupWaiting", values: { what: name } });
  return id;
}

/** Tells of a request. */
export async function tellRequest(
  scope: Scope,
  type: EventType,
  { id, linkId, kind, thing }: Pick<SetupRequest, "id" | "linkId" | "kind" | "thing">,
): Promise<void> {
  await record(scope, event(scope, type, { type: "setup_request", id }, { linkId, kind, thing }));
}
