import { checkMayGrant } from "../../admission/roles.ts";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { joinFacts } from "./autoJoin.store.ts";
import { makeMember } from "./autoJoin.ts";
import { type AutoJoin, domainByName } from "./domains.store.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import {
  countJoinRequests,
  decideJoinRequest,
  joinRequestsAfter,
  lockJoinRequest,
  type JoinRequest,
} from "./joinRequests.store.ts";
import { underLock } from "../members/underLock.ts";

/** Who has asked to join by a domain, the oldest first; of one status, or of any. */
export function listJoinRequests(
  db: Database,
  who: Who,
  status: JoinRequest["status"] | null,
  page: PageWanted,
): Promise<IdPage<JoinRequest>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => joinRequestsAfter(tenantId, status, after, most);
  return readIdPage(db, who, page, list, countJoinRequests(tenantId, status));
}

/**
 * Lets somebody in who has asked: a member with the role that the domain gives, through the door `domain`. They hear of
 * it by mail. Also one who was declined: admins may think again.
 *
 * @throws Refusal `not_found`, `conflict` for one who was let in already, `forbidden` for a role above the caller's (rule
 * 16), `email_exists`, `seat_limit_reached`; the request then stays as it is
 */
export async function approveJoinRequest(db: Database, who: AdminWho, id: string): Promise<JoinRequest> {
  return inTenant(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const request = await undecided(scope, id, "approved");
    const given = await givenBy(scope, request);
    const { role } = given;
    if (role !== null) checkMayGrant(locked.rules.rules.roles, who.permissions, [role]);
    await checkFree(scope, request);
    const { accountId, email, name } = request;
    const member = await makeMember(scope, locked, { id: accountId, email, name }, given);
    return decide(scope, request, { status: "approved", memberId: member.id });
  });
}

/**
 * Lets somebody not in; they hear of it by mail, and asking again changes nothing.
 *
 * @throws Refusal `not_found`, `conflict` for one who was let in
 */
export async function declineJoinRequest(db: Database, who: Who, id: string): Promise<JoinRequest> {
  return inTenant(db, who, async (scope) => {
    const request = await undecided(scope, id, "declined");
    if (request.status === "declined") return request;
    return decide(scope, request, { status: "declined", memberId: null });
  });
}

async function undecided({ trx, tenantId }: Scope, id: string, wish: "approved" | "declined"): Promise<JoinRequest> {
  const [request] = await trx.run(lockJoinRequest(tenantId, id));
  if (!request) throw new Refusal("not_found", "No such request: list those there are.");
  if (request.status !== "approved") return request;
  const way = wish === "declined" ? " Remove the member instead." : "";
  throw new Refusal("conflict", `This person was let in already.${way}`);
}

/** What the domain gives now; nothing where it was given up. */
async function givenBy({ trx, tenantId }: Scope, { domain }: JoinRequest): Promise<Pick<AutoJoin, "role" | "team">> {
  const [found] = await trx.run(domainByName(tenantId, domain));
  return found?.autoJoin ?? { role: null, team: null };
}

async function checkFree({ trx, tenantId }: Scope, { domain, email, accountId }: JoinRequest): Promise<void> {
  const [facts] = await trx.run(joinFacts(tenantId, { domain, emailKey: fold(email), accountId }));
  if (!facts?.taken) return;
  throw new Refusal("email_exists", "A member with this e-mail address exists already. Decline the request.");
}

async function decide(
  scope: Scope,
  { id, domain, accountId }: JoinRequest,
  decision: { readonly status: "approved" | "declined"; readonly memberId: string | null },
): Promise<JoinRequest> {
  const { trx, tenantId, now } = scope;
  const [after] = await trx.run(decideJoinRequest(tenantId, id, decision, now));
  if (!after) throw new Error("a locked request is gone");
  const { status, memberId } = decision;
  const about = { type: "join_request", id } as const;
  const data = { domain, ...(memberId !== null && { memberId }) };
  await record(scope, event(scope, `join_request.${status}`, about, data));
  const message = status === "approved" ? "joinApproved" : "joinDeclined";
  await enqueue(scope, { kind: "mail.account", payload: { accountId, message } });
  return after;
}
