/** Somebody who was invited joins: by a password, an account, or the tenant's identity provider. */
import type { Door } from "../../admission/types.ts";
import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { tieAccount } from "../accounts/accountAttach.store.ts";
import { changeUnderLock, type Change } from "../members/changeMember.ts";
import { profileOf, type Member } from "../members/member.ts";
import { writtenName, type PersonName } from "../members/memberEdits.ts";
import { memberWithAddress } from "../members/members.store.ts";
import { underLockWith, type Locked } from "../members/underLock.ts";
import { grantedPermissions } from "../roles/grants.store.ts";
import { isBacked } from "./inviteBacking.ts";
import { endInvitation, invitationByHash, type Standing } from "./invitations.store.ts";

/** How somebody joins. */
export interface Joining {
  readonly by: "account" | "password" | "sso";
  /** Whether they have shown that the mailbox is theirs (rule 24). */
  readonly isProven: boolean;
  readonly name?: PersonName | undefined;
  /** Their own in this tenant, argon2id. */
  readonly passwordHash?: string | undefined;
  /** The account that its holder attaches. */
  readonly accountId?: string | undefined;
}

/**
 * Accepts the invitation that a token opens, in the transaction of the caller: of two who come at once the second finds
 * that the first has joined.
 *
 * @throws Refusal `invitation_expired`, `seat_limit_reached`, `conflict` where the account is another member here
 */
export async function joinInvited(
  db: Database,
  scope: Scope,
  joining: Joining & { readonly hash: Buffer; readonly memberId: string },
): Promise<Member> {
  const { tenantId, now } = scope;
  const { locked, rows } = await underLockWith(db, scope, invitationByHash(tenantId, joining.hash, now));
  const [[invitation]] = rows;
  if (invitation?.id !== joining.memberId) throw notOpen();
  return joinBy(scope, locked, invitation, joining);
}

/**
 * The same where the invitation has been found under the lock.
 *
 * @param more what else becomes of the member by the way in
 */
export async function joinBy(
  scope: Scope,
  locked: Locked,
  invitation: Standing,
  joining: Joining,
  more: (member: Member) => Member = (member) => member,
): Promise<Member> {
  const { id, entrance } = invitation;
  const self = { ...scope, actor: { type: "member", id } } as const;
  // The inviter has this link too, and would come in as somebody to whom others gave more.
  const isShown = joining.by === "password" && !joining.isProven;
  const ask: Change["check"] = async (read, before, after, { roles }) => {
    const [given] = isShown ? await read(grantedPermissions(scope.tenantId, id)) : [];
    if (!(await isBacked(scope, roles, invitation, before.granted, given?.grants))) throw notBacked();
    await checkAlone(scope, after);
  };
  const member = await join(self, locked, { id, door: entrance }, joining, more, ask);
  await self.trx.run(endInvitation(scope.tenantId, id, "accepted", scope.now));
  await record(self, event(self, "invitation.accepted", { type: "invitation", id }, { by: joining.by }));
  return member;
}

/**
 * Whoever was invited becomes a member.
 *
 * @param more what else becomes of them by the way in
 * @param check what else must hold
 */
export async function join(
  scope: Scope,
  locked: Locked,
  { id, door }: { readonly id: string; readonly door: Door },
  { isProven, name, passwordHash, accountId }: Joining,
  more: (member: Member) => Member,
  check?: Change["check"],
): Promise<Member> {
  const { tenantId, trx, now } = scope;
  const via = { door, act: "person", loss: "act" } as const;
  // An admin's password would stand before the account's, and open the member to somebody else.
  const hash = accountId === undefined ? passwordHash : null;
  const own = hash === undefined ? {} : { hasPassword: hash !== null, mustChangePassword: false };
  const make = (before: Member): Member => {
    const called = name ? profileOf({ ...before.scim, ...writtenName(before.scim, name) }) : {};
    const emailVerified = before.emailVerified || isProven;
    return more({ ...before, ...called, ...own, emailVerified, joinedAt: now, invitationLapsed: false });
  };
  const member = await changeUnderLock(scope, locked, id, { make, check, passwordHash: hash }, via);
  if (accountId !== undefined) {
    const [tied] = await trx.run(tieAccount(tenantId, accountId, id, now));
    if (!tied) throw anotherHere();
  }
  return member;
}

/** Rule 21: whoever has the address by now, and is no longer invited, is the one; two would be a trap for both. */
async function checkAlone({ trx, tenantId }: Scope, { id, emailKey }: Member): Promise<void> {
  const [other] = emailKey === null ? [] : await trx.run(memberWithAddress(tenantId, emailKey, id));
  if (!other) return;
  throw new Refusal("email_exists", "You are a member here already, with this address. Sign in as that member.");
}

/** Nobody is sent what opens nothing: a suspended person's invitation is over until they are released. */
export function checkReleased({ hold }: Member): void {
  if (!hold) return;
  throw new Refusal("conflict", "This person is suspended: release the member first, then send the invitation again.");
}

/** The one refusal of whatever a token may lack: it tells nobody more than that. */
export function notOpen(): Refusal {
  const words = "This invitation is not, or no longer, valid: it was accepted, sent again, taken back, or has expired.";
  return new Refusal("invitation_expired", `${words} Ask whoever invited you for a new one.`);
}

function notBacked(): Refusal {
  const words = "Whoever invited you may no longer give what the invitation gives. Ask for it to be sent again.";
  return new Refusal("invitation_expired", words);
}

function anotherHere(): Refusal {
  return new Refusal("conflict", "Your account is another member here already. Sign in as that member.");
}
