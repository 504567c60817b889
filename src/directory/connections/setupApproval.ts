/** What an admin decides of what was made through setup links. */
import { permits } from "../../admission/permissions.ts";
import { Refusal } from "../../base/errors.ts";
import type { EventType } from "../../events/event.ts";
import type { LookUpTxt } from "../../http/dns.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { approveToken, deleteScimToken } from "../directories/scimTokens.store.ts";
import { askForProof } from "../domains/domainProof.ts";
import { settleProof, withoutDeadOwner } from "../domains/domains.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { type ConnectionParts, writeChange } from "./connections.ts";
import { lockConnection } from "./connections.store.ts";
import * as store from "./setupItems.store.ts";
import type { SetupRequest } from "./setupItems.store.ts";
import { forgetDomain } from "./setupReach.ts";
import { tellRequest } from "./setupRequests.ts";

/** An admin, with what they may do. */
type Deciding = Who & { readonly permissions: readonly string[] };

/** What approving needs: the DNS is asked again, for the record may be gone by then. */
interface ApprovalParts extends ConnectionParts {
  readonly lookUpTxt: LookUpTxt;
}

/**
 * Says yes to a request: the connection is enabled, the token good, or the domain the organisation's own, as it was when
 * it was asked for.
 *
 * @throws Refusal `not_found`, also where it was changed since; `forbidden` for what the caller could not make live;
 *   `domain_not_verified`, `domain_taken`
 */
export async function approveSetupRequest(parts: ApprovalParts, who: Deciding, id: string): Promise<void> {
  const { db, lookUpTxt } = parts;
  const [[asked]] = await onceInTenant(db, who, store.lockRequest(who.tenantId, id));
  if (!asked) throw noRequest();
  checkMay(who, asked);
  if (asked.kind !== "domain") return approve(parts, who, id);
  const answer = await askForProof(lookUpTxt, asked.thing);
  await withoutDeadOwner(db, who, asked.thing, () =>
    decide(db, who, id, async (scope, { thing }) => {
      await settleProof(scope, thing, answer);
      await forgetDomain(scope, thing);
      return approved(scope, thing);
    }),
  );
}

async function approve({ db, secretKeys }: ConnectionParts, who: Deciding, id: string): Promise<void> {
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
    return approved(scope, name);
  });
}

async function approved(scope: Scope, what: string): Promise<EventType> {
  await mailAdmins(scope, { message: "setupLive", values: { what } });
  return "setup_request.approved";
}

/**
 * Says no: a token is gone; a connection or domain stays what it is, and may be asked for again.
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

const NEEDED = { connection: "connections:edit", scim_token: "scimTokens:create", domain: "domains:edit" } as const;

function checkMay({ permissions }: Deciding, { kind }: Pick<SetupRequest, "kind">): void {
  const needed = NEEDED[kind];
  if (permits(permissions, needed)) return;
  throw new Refusal("forbidden", `This needs the permission ${needed}.`, { extra: { permission: needed } });
}

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
    checkMay(who, request);
    await tellRequest(scope, await work(scope, request), request);
  });
}

function noRequest(): Refusal {
  return new Refusal("not_found", "No such request: it was decided, withdrawn, or what it was for has changed since.");
}
