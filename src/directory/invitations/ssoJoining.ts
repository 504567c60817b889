/** Invitations and links at the end of a sign-in through the tenant's identity provider: they are accepted on the way. */
import { isRefusal } from "../../base/errors.ts";
import type { Scope } from "../../storage/types.ts";
import type { Member } from "../members/member.ts";
import type { Locked } from "../members/underLock.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { isBacked } from "./inviteBacking.ts";
import { inviteLinkByHash, type InviteLink, useInviteLink } from "./inviteLinks.store.ts";
import { invitationByHash, invitationOf, type Standing } from "./invitations.store.ts";
import { join, joinBy } from "./joining.ts";
import { isAllowed, lives } from "./linkJoining.ts";

/** What somebody comes with, as far as it still opens something. */
export interface Brought {
  readonly invitation?: Standing | undefined;
  readonly link?: InviteLink | undefined;
}

/**
 * Reads what a token's hash opens.
 *
 * @param email as the identity provider says; a link is for these addresses alone
 */
export async function broughtBy(
  scope: Scope,
  locked: Locked,
  hash: Buffer | null,
  email: string | null,
): Promise<Brought> {
  if (hash === null) return {};
  const { tenantId, now, trx } = scope;
  const [[invitation], [link]] = await trx.all(
    invitationByHash(tenantId, hash, now),
    inviteLinkByHash(tenantId, hash, now),
  );
  if (!link || !isAllowed(link, email ?? "") || !(await lives(scope, locked, link))) return { invitation };
  return { invitation, link };
}

/** A link that lets somebody in. */
export interface HeldLink {
  readonly hash: Buffer;
  readonly role: string;
}

/** What a newcomer has by a link: they take one of its uses. */
export async function byLink(
  { trx, tenantId }: Scope,
  { hash, role }: HeldLink,
): Promise<Pick<Member, "entrance" | "granted">> {
  await trx.run(useInviteLink(tenantId, hash));
  return { entrance: "link", granted: [role] };
}

/** How somebody who was invited comes in through the identity provider. */
interface Arriving {
  readonly memberId: string;
  /** Whether they came with the token, which was mailed to the address. */
  readonly brought: Standing | undefined;
  /** Whether the tenant lets people in who nobody has invited (rule 25): so it does where an invitation has ended. */
  readonly isOpen: boolean;
  readonly link: HeldLink | null;
}

/**
 * Joins whoever was invited and signs in: by the invitation, and where it has ended as anybody would who comes for the
 * first time.
 *
 * @param make what the sign-in makes of the member
 * @throws SignInStopped; Refusal `seat_limit_reached`
 */
export async function joinBySso(
  scope: Scope,
  locked: Locked,
  { memberId, brought, isOpen, link }: Arriving,
  make: (member: Member) => Member,
): Promise<Member> {
  const [invitation] = await scope.trx.run(invitationOf(scope.tenantId, memberId, scope.now));
  if (invitation?.hold) throw new SignInStopped("link_suspended", "the member is suspended", memberId);
  const joining = { by: "sso", isProven: brought?.mailed === true } as const;
  const isAlive = invitation?.open && (await isBacked(scope, locked.rules.rules.roles, invitation, invitation.roles));
  if (isAlive) return joinBy(scope, locked, invitation, joining, make).catch(stopped(memberId));
  if (!isOpen) throw new SignInStopped("link_mustExist", "the invitation has ended: it is to be sent again", memberId);
  const come = link ? await byLink(scope, link) : ({ entrance: "sso", granted: newcomersRoles(locked) } as const);
  const asNewcomer = (member: Member): Member => ({ ...make(member), ...come });
  return join(scope, locked, { id: memberId, door: come.entrance }, joining, asNewcomer);
}

/** Rule 8: what the settings give whoever comes unasked; with mappings it is theirs to say (rule 11). */
function newcomersRoles({ rules }: Locked): readonly string[] {
  const { policy, mappings } = rules.rules;
  return policy.autoAssign && mappings.length === 0 ? [policy.seatedRole] : [];
}

function stopped(memberId: string): (error: unknown) => never {
  return (error) => {
    if (!isRefusal(error, "email_exists")) throw error;
    throw new SignInStopped("link_addressTaken", "another member has this address", memberId);
  };
}
