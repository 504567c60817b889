/** One address is invited, under the lock of the tenant's seats. */
import { forecast } from "../../admission/seats.ts";
import { isRefusal, Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Scope } from "../../storage/types.ts";
import { type Change, changeUnderLock } from "../members/changeMember.ts";
import { createUnderLock, type Via } from "../members/createMember.ts";
import { personOf, profileOf, type Member, type Profile } from "../members/member.ts";
import { writtenName } from "../members/memberEdits.ts";
import { newMember, profileOfAddress } from "../members/newMember.ts";
import type { Locked } from "../members/underLock.ts";
import { grantedPermissions } from "../roles/grants.store.ts";
import { creatorOf, isBacked } from "./inviteBacking.ts";
import { endInvitation } from "./invitations.store.ts";
import { checkReleased } from "./joining.ts";
import type { InviteResult } from "./invite.ts";
import type { Fit } from "./inviteChecks.ts";
import { type Sending, sendOut } from "./sending.ts";
import type { Temporary } from "./temporaryPasswords.ts";

/**
 * What comes of somebody's seat. `held`: it is theirs; `free`: there is one when they accept, if nobody is faster;
 * `none`: they need none; the others: there is none for them, and by the tenant's settings they are refused at
 * acceptance, come in without, or wait.
 */
export type Seating = "held" | "free" | "none" | "refused" | "downgraded" | "waiting";

/** How somebody is invited. */
export interface How extends Sending {
  readonly entrance: "invitation" | "csv";
  /** In place of a link; null = by link. */
  readonly temporary: { readonly given: Temporary } | null;
  /** Seats that will be asked for before. */
  readonly promised: number;
}

/** What was done. */
export interface Done {
  readonly result: InviteResult;
  /** Absent where nobody was invited; `serial` null for whoever has joined at once. */
  readonly made?: { readonly memberId: string; readonly serial: number | null; readonly teamId: string | null };
}

/** Invites one; what is refused is refused before any write, so what was done for others stands. */
export async function inviteRow(scope: Scope, locked: Locked, row: Fit, how: How): Promise<Done> {
  try {
    return await (how.temporary ? letIn(scope, locked, row, how, how.temporary.given) : ask(scope, locked, row, how));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, message: detail } = error;
    const seat = code === "seat_limit_reached" ? "refused" : null;
    return { result: { ...NOTHING, email: row.email, status: "refused", code, detail, seat } };
  }
}

const NOTHING = { code: null, detail: null, memberId: null, token: null, temporaryPassword: null } as const;

async function ask(scope: Scope, locked: Locked, row: Fit, how: How): Promise<Done> {
  const member = await write(scope, locked, row, how, { joinedAt: null });
  const serial = (row.lapsed?.serial ?? 0) + 1;
  const token = await sendOut(scope, member, serial, how);
  const seat = member.seat === "none" ? forecastOf(member, locked, how.promised) : member.seat;
  const result = { ...NOTHING, email: row.email, status: "invited", memberId: member.id, seat, token } as const;
  return { result, made: { memberId: member.id, serial, teamId: row.teamId } };
}

/** With a password that the inviter hands over: joined at once, and none of it pending. */
async function letIn(scope: Scope, locked: Locked, row: Fit, how: How, given: Temporary): Promise<Done> {
  const member = await write(scope, locked, row, how, { joinedAt: scope.now, passwordHash: given?.hash });
  if (row.lapsed) await scope.trx.run(endInvitation(scope.tenantId, member.id, "accepted", scope.now));
  const seat: Seating = member.seat === "none" && member.needsSeat ? "downgraded" : member.seat;
  const temporaryPassword = given?.password ?? null;
  const known = { memberId: member.id, seat, temporaryPassword };
  const result = { ...NOTHING, email: row.email, status: "created", ...known } as const;
  return { result, made: { memberId: member.id, serial: null, teamId: row.teamId } };
}

/** Makes the member, or takes up one who was invited before. @throws Refusal `seat_limit_reached` */
function write(
  scope: Scope,
  locked: Locked,
  { invitee, email, lapsed }: Fit,
  { entrance }: How,
  { joinedAt, passwordHash }: { readonly joinedAt: Date | null; readonly passwordHash?: string | undefined },
): Promise<Member> {
  const via: Via = { door: entrance, act: "person", loss: "act" };
  const hasPassword = passwordHash !== undefined;
  const facts = { entrance, joinedAt, granted: invitee.roles ?? [], hasPassword, mustChangePassword: hasPassword };
  if (lapsed) {
    const make = (before: Member): Member => {
      checkReleased(before);
      return { ...before, ...facts, ...renamed(before, invitee), invitationLapsed: false };
    };
    const check: Change["check"] = joinedAt === null ? undefined : (read) => checkGiven(scope, locked, lapsed.id, read);
    return changeUnderLock(scope, locked, lapsed.id, { make, check, passwordHash }, via);
  }
  const newcomer = newMember(newId(scope.now), profileOfAddress(email, invitee), entrance, scope.now);
  return createUnderLock(scope, locked, { ...newcomer, ...facts }, via, { passwordHash });
}

/** Rule 16, by the back door: whoever chooses the password could come in as somebody to whom others gave more. */
async function checkGiven(scope: Scope, { rules }: Locked, id: string, read: Scope["trx"]["run"]): Promise<void> {
  const [given] = await read(grantedPermissions(scope.tenantId, id));
  if (await isBacked(scope, rules.rules.roles, creatorOf(scope), [], given?.grants)) return;
  const words = "This person was given permissions that you do not have: let someone who has them invite the person.";
  throw new Refusal("forbidden", words);
}

function renamed({ scim }: Member, { name, jobTitle }: Fit["invitee"]): Profile {
  return profileOf({
    ...scim,
    ...(name && writtenName(scim, name)),
    ...(jobTitle !== undefined && { title: jobTitle }),
  });
}

/** Rule 9: nothing is taken yet; what acceptance would ask for, and whether it would get it now. */
function forecastOf(member: Member, { seats, rules }: Locked, promised: number): Seating {
  const { seat, needsSeat } = forecast(personOf(member), member.entrance, rules.rules);
  if (seat.ask !== "take") return needsSeat ? "downgraded" : "none";
  const { limit, used } = seats;
  if (limit === null || (used ?? 0) + promised < limit) return "free";
  if (seat.unseated === "refuse") return "refused";
  return seat.unseated.seat === "waiting" ? "waiting" : "downgraded";
}
