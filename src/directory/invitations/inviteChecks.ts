/** What is asked of each address before anybody is invited. */
import { permits } from "../../admission/permissions.ts";
import { checkMayGrant, checkRolesExist } from "../../admission/roles.ts";
import type { Rules } from "../../admission/types.ts";
import { fold } from "../../base/fold.ts";
import { isRefusal, Refusal } from "../../base/errors.ts";
import { mailAddress } from "../../base/mailAddress.ts";
import type { Scope } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { teamIds } from "../teams/teams.ts";
import type { Invitee, InviteResult, InviteWish } from "./invite.ts";
import { knownByAddress, type Known } from "./invitations.store.ts";
import { quotaExceeded, type QuotaState } from "./inviteQuota.ts";

/** One that may be invited. */
export interface Fit {
  readonly invitee: Invitee;
  /** As it is kept. */
  readonly email: string;
  /** Who was invited before, and can be no more by what they have. */
  readonly lapsed: Known | undefined;
  readonly teamId: string | null;
}

export type Checked = Fit | { readonly refused: InviteResult };

/**
 * Each address with what is amiss with it.
 *
 * @throws Refusal what `inviteMany` throws where the wish is not `partly`
 */
export async function checkedInvitees(
  scope: Scope & AdminWho,
  { roles }: Rules,
  wish: InviteWish,
  quota: QuotaState,
): Promise<Checked[]> {
  const { invitations, partly = false } = wish;
  const read = invitations.map(addressOf);
  const keys = [...new Set(read.flatMap(({ key }) => key ?? []))];
  const there = await scope.trx.run(knownByAddress(scope.tenantId, keys, scope.now));
  const known = new Map(there.map((each) => [each.key, each]));
  const teams = await teamsOf(scope, invitations);
  const first = new Set<string>();
  const checked = read.map(({ invitee, email, key }): Checked => {
    if (email === null || key === null) return no(invitee.email, noAddress());
    if (first.has(key)) return no(email, twice());
    first.add(key);
    const fault = amiss(scope, roles, invitee, teams);
    if (fault && !partly) throw fault;
    if (fault) return no(email, fault);
    const before = known.get(key);
    if (before && !before.lapsed) return { refused: here(email, before) };
    return { invitee, email, lapsed: before, teamId: teams.get(fold(invitee.team ?? "")) ?? null };
  });
  return withinQuota(checked, quota, partly, scope.now);
}

function addressOf(invitee: Invitee): { invitee: Invitee; email: string | null; key: string | null } {
  const email = mailAddress(invitee.email);
  return { invitee, email, key: email === null ? null : fold(email) };
}

/** Rule 16 and what there is not, of one row. */
function amiss(
  { permissions }: AdminWho,
  roles: Rules["roles"],
  { roles: named = [], team }: Invitee,
  teams: ReadonlyMap<string, string>,
): Refusal | null {
  try {
    checkRolesExist(roles, named);
    checkMayGrant(roles, permissions, named);
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  if (team === undefined) return null;
  if (!permits(permissions, "teams:edit")) {
    return new Refusal("forbidden", "This needs the permission teams:edit. Leave `team` out, or ask who has it.");
  }
  return teams.has(fold(team)) ? null : new Refusal("not_found", `There is no team '${team}'. Create it first.`);
}

/** The teams that there are, by what they are called in the wish. */
async function teamsOf(scope: Scope, invitations: readonly Invitee[]): Promise<ReadonlyMap<string, string>> {
  const named = [...new Set(invitations.flatMap(({ team }) => (team === undefined ? [] : [fold(team)])))];
  const found = new Map<string, string>();
  for (const name of named) {
    try {
      const [id] = await teamIds(scope, [name]);
      if (id !== undefined) found.set(name, id);
    } catch (error) {
      if (!isRefusal(error, "not_found")) throw error;
    }
  }
  return found;
}

function withinQuota(checked: readonly Checked[], quota: QuotaState, partly: boolean, now: Date): Checked[] {
  const fit = checked.filter((row) => !("refused" in row));
  if (quota.remaining === null || fit.length <= quota.remaining) return [...checked];
  if (!partly) throw quotaExceeded(quota, now);
  const within = new Set(fit.slice(0, quota.remaining));
  return checked.map((row) => {
    if ("refused" in row || within.has(row)) return row;
    return no(row.email, quotaExceeded({ ...quota, remaining: 0 }, now));
  });
}

function no(email: string, refusal: Refusal): Checked {
  return { refused: outcome(email, "refused", refusal, null) };
}

function outcome(
  email: string,
  status: InviteResult["status"],
  { code, message: detail }: Refusal,
  memberId: string | null,
): InviteResult {
  return { email, status, code, detail, memberId, seat: null, token: null, temporaryPassword: null };
}

function here(email: string, { id, status }: Known): InviteResult {
  if (status === "invited") {
    const words = "Invited already: resend the invitation if it was lost.";
    return outcome(email, "alreadyInvited", new Refusal("email_exists", words), id);
  }
  const next = status === "suspended" ? " and is suspended: release them" : ": edit that member";
  return outcome(email, "alreadyMember", new Refusal("email_exists", `A member has this address already${next}.`), id);
}

function noAddress(): Refusal {
  const words = "This is no e-mail address. Write it as name@example.com, without spaces, quotes or brackets.";
  return new Refusal("invalid_request", words);
}

function twice(): Refusal {
  return new Refusal("invalid_request", "This address is in the list twice; the first one counts.");
}
