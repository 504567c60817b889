import { checkMayGrant } from "../../admission/roles.ts";
import { Refusal } from "../../base/errors.ts";
import { hashToken } from "../../base/secrets.ts";
import { enqueueAll } from "../../events/jobs.store.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { changeUnderLock } from "../members/changeMember.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import type { Member } from "../members/member.ts";
import { underLockWith } from "../members/underLock.ts";
import { countAttempt } from "../signIn/passwordSignIn.store.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import type { InviteParts } from "./invite.ts";
import { EXPIRY_JOB, endWith } from "./inviteExpiry.ts";
import {
  countInvitations,
  invitationsAfter,
  invitationsById,
  lockInvitation,
  type Invitation,
  type InvitationStatus,
} from "./invitations.store.ts";
import { checkReleased } from "./joining.ts";
import { endOf, sendOut } from "./sending.ts";

/** Letters to one who is invited, within an hour: nobody is pestered from here. */
const MOST_LETTERS = 5;
const WINDOW_MINUTES = 60;

/** The tenant's invitations, the oldest first; of one status, or of any. */
export function listInvitations(
  db: Database,
  who: Who,
  status: InvitationStatus | null,
  page: PageWanted,
): Promise<IdPage<Invitation>> {
  const { tenantId, now } = who;
  const list = (after: string, most: number) => invitationsAfter(tenantId, status, now, after, most);
  return readIdPage(db, who, page, list, countInvitations(tenantId, status, now));
}

/** Those of these members. */
export async function invitationsOf(
  db: Database,
  who: Who,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Invitation>> {
  if (ids.length === 0) return new Map();
  const [rows] = await onceInTenant(db, who, invitationsById(who.tenantId, ids, who.now));
  return new Map(rows.map((invitation) => [invitation.id, invitation]));
}

/**
 * Sends an invitation again, to the same person: a new token for as long as a first one has, and the one before is dead
 * at once. It lives by the permissions of whoever sends it now, and takes its seat again (rule 9).
 *
 * @param sendEmail undefined = as it went before
 * @throws Refusal `not_found`, `conflict` for somebody who has joined or is suspended, `forbidden` (rule 16),
 * `seat_limit_reached`, `rate_limited`
 */
export async function resendInvitation(
  { db, secretKeys }: InviteParts,
  who: AdminWho,
  id: string,
  sendEmail: boolean | undefined,
): Promise<{ readonly invitation: Invitation; readonly token: string | null }> {
  if (!(await invitationsOf(db, who, [id])).has(id.toLowerCase())) throw noSuchInvitation(id);
  await countLetter(db, who, id);
  return inTenant(db, who, async (scope) => {
    const { tenantId, now, trx } = scope;
    const reads = [lockInvitation(tenantId, id, now), tenantById(tenantId)] as const;
    const { locked, rows } = await underLockWith(db, scope, ...reads);
    const [[found], [tenant]] = rows;
    if (!found || !tenant) throw noSuchInvitation(id);
    checkPending(found);
    checkMayGrant(locked.rules.rules.roles, who.permissions, found.roles);
    const make = (member: Member): Member => {
      checkReleased(member);
      return { ...member, invitationLapsed: false };
    };
    const via = { door: found.entrance, act: "person", loss: "act" } as const;
    const member = await changeUnderLock(scope, locked, id, { make }, via);
    const mailed = sendEmail ?? found.mailed;
    const sending = { secretKeys, mailed, expiresAt: endOf(tenant, now) };
    const serial = found.serial + 1;
    const token = await sendOut(scope, member, serial, sending);
    const letter = { kind: "mail.invitation", payload: { memberId: id, serial } };
    await enqueueAll(scope, [...(mailed ? [letter] : []), { kind: EXPIRY_JOB, runAt: sending.expiresAt }]);
    const [invitation] = await trx.run(lockInvitation(tenantId, id, now));
    if (!invitation) throw new Error("an invitation that was sent is not there");
    return { invitation, token };
  });
}

/**
 * Revokes an invitation: no token opens it any more, and the seat that it held is free. Who was invited stays on the
 * list, to be asked again or removed; a second time it changes nothing.
 *
 * @throws Refusal `not_found`, `conflict` for somebody who has joined
 */
export async function revokeInvitation(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const { locked, rows } = await underLockWith(db, scope, lockInvitation(who.tenantId, id, who.now));
    const [[found]] = rows;
    if (!found) throw noSuchInvitation(id);
    checkPending(found);
    if (found.status !== "revoked") await endWith(scope, locked, id, "revoked", false);
  });
}

function checkPending({ status }: Invitation): void {
  if (status !== "accepted" && status !== "void") return;
  throw new Refusal("conflict", "This person has joined already: edit or remove the member instead.");
}

function noSuchInvitation(id: string): Refusal {
  return new Refusal("not_found", `no invitation ${id}`);
}

async function countLetter(db: Database, { tenantId, actor, now }: Who, id: string): Promise<void> {
  const key = hashToken(`invitation:${tenantId}:${id.toLowerCase()}`);
  const [letters] = await acrossTenants(db, { actor, now }, ({ trx }) =>
    trx.run(countAttempt(key, now, WINDOW_MINUTES)),
  );
  if ((letters?.count ?? 0) <= MOST_LETTERS) return;
  const extra = { retryAfterSeconds: WINDOW_MINUTES * 60 };
  throw new Refusal("rate_limited", "This invitation was sent too often. Wait an hour, then send it again.", { extra });
}
