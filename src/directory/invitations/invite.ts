/**
 * invitations/ owns who is asked in: by an address that somebody wrote down, or by a link that goes round. Somebody who is
 * invited is a member who has not joined; accepting makes them one, be it with a password, an account of their own, or
 * through the tenant's identity provider.
 */
import { seatNumbers } from "../../admission/seatLimit.ts";
import type { RefusalCode } from "../../base/errors.ts";
import { enqueueAll } from "../../events/jobs.store.ts";
import type { NewJob } from "../../events/jobs.ts";
import { inTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import type { Called } from "../members/newMember.ts";
import { takenBack } from "../members/takenBack.ts";
import { relocked, underLockWith } from "../members/underLock.ts";
import { countSeats } from "../seats/seats.store.ts";
import { addToTeam } from "../teams/teams.ts";
import { completeSettings } from "../tenants/tenantSettings.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import { checkedInvitees } from "./inviteChecks.ts";
import { EXPIRY_JOB } from "./inviteExpiry.ts";
import { dayOf, made, quotaState, type QuotaState } from "./inviteQuota.ts";
import { inviteRow, type Done, type Seating } from "./inviteRow.ts";
import { countMade } from "./invitations.store.ts";
import { endOf } from "./sending.ts";
import { asksForPasswords, temporaryPasswords, type Temporary } from "./temporaryPasswords.ts";

/** Whom to invite. */
export interface Invitee extends Called {
  readonly email: string;
  /** Roles and templates by slug; undefined = what the tenant's settings give newcomers (rule 8). */
  readonly roles?: readonly string[] | undefined;
  /** A team by name or id. */
  readonly team?: string | undefined;
}

/** What is asked for at once. */
export interface InviteWish {
  readonly invitations: readonly Invitee[];
  /** Off: each token is in the answer, shown this once, and proves no mailbox (rule 27). */
  readonly sendEmail: boolean;
  /** By which door they come; `invitation` unless said. */
  readonly entrance?: "invitation" | "csv";
  /**
   * Whether a role, team or quota that does not do is the matter of its row. Else it is that of all, and nobody is
   * invited.
   */
  readonly partly?: boolean;
}

/** What became of one address. */
export interface InviteResult {
  /** As it is kept; as it was written where it is no address. */
  readonly email: string;
  /** `created`: by a temporary password, joined at once. */
  readonly status: "invited" | "created" | "alreadyInvited" | "alreadyMember" | "refused";
  /** Why not, where it is neither `invited` nor `created`. */
  readonly code: RefusalCode | null;
  readonly detail: string | null;
  /** Whose it is about; null where there is nobody. */
  readonly memberId: string | null;
  /** What comes of their seat: now, or once they accept and nobody was faster; null where nobody was invited. */
  readonly seat: Seating | null;
  /** Shown this once, where no mail went out. */
  readonly token: string | null;
  readonly temporaryPassword: string | null;
}

/** What became of all, in their order. */
export interface InviteOutcome {
  readonly results: readonly InviteResult[];
  readonly seats: { readonly limit: number | null; readonly used: number; readonly remaining: number | null };
  readonly quota: QuotaState;
}

/** What inviting needs besides. */
export interface InviteParts {
  readonly db: Database;
  /** The first makes the tokens that go by mail. */
  readonly secretKeys: readonly Buffer[];
}

const TRIES = 3;
/** Addresses of one call: more are an import. */
export const MOST_ADDRESSES = 100;

/**
 * Invites people by their addresses, with one outcome for each.
 *
 * @throws Refusal `forbidden` (rule 16), `invalid_request` for a role, `not_found` for a team,
 * `invitation_quota_exceeded`; with `partly` these are matters of the rows
 */
export async function inviteMany(parts: InviteParts, who: AdminWho, wish: InviteWish): Promise<InviteOutcome> {
  const temporary = await temporaryPasswords(parts.db, who, wish);
  return untilFree(() => inTenant(parts.db, who, (scope) => within(parts, asking(scope, who), wish, temporary)));
}

/** A directory that was faster has taken a user name: seen by the next try, its address has somebody. */
async function untilFree<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await attempt();
    } catch (error) {
      if (i === TRIES || violatedUnique(error) !== "members_user_name") throw error;
    }
  }
}

/** What would become of them; nothing is written, and no token shown. @throws as `inviteMany` */
export async function previewInvites(parts: InviteParts, who: AdminWho, wish: InviteWish): Promise<InviteOutcome> {
  const temporary = (await asksForPasswords(parts.db, who, wish)) ? [] : null;
  const outcome = await untilFree(() =>
    takenBack(parts.db, who, (scope) => within(parts, asking(scope, who), wish, temporary)),
  );
  const untold = ({ memberId, status, ...result }: InviteResult): InviteResult => {
    const isThere = status !== "invited" && status !== "created";
    return { ...result, status, memberId: isThere ? memberId : null, token: null, temporaryPassword: null };
  };
  return { ...outcome, results: outcome.results.map(untold) };
}

/**
 * The same in a transaction of the caller, for jobs; by link only, whatever the settings say of passwords.
 *
 * @throws as `inviteMany`; 23505 on `members_user_name` where a directory was faster, and then it may be tried again
 */
export function inviteWithin(parts: InviteParts, scope: Scope & AdminWho, wish: InviteWish): Promise<InviteOutcome> {
  return within(parts, scope, wish, null);
}

function asking(scope: Scope, { permissions }: AdminWho): Scope & AdminWho {
  return { ...scope, permissions };
}

/** @param temporary null = by link; else the passwords, each in its row's place */
async function within(
  { db, secretKeys }: InviteParts,
  scope: Scope & AdminWho,
  wish: InviteWish,
  temporary: readonly Temporary[] | null,
): Promise<InviteOutcome> {
  const { tenantId, now, trx } = scope;
  const reads = [tenantById(tenantId), made(tenantId, now)] as const;
  const { locked, rows } = await underLockWith(db, scope, ...reads);
  const [[tenant], [counted = { today: 0, ever: 0 }]] = rows;
  if (!tenant) throw new Error(`no tenant ${tenantId}`);
  const { quota: wanted } = completeSettings(tenant.settings, tenant.planQuota).invitations;
  const quota = quotaState(wanted, counted, now);
  const checked = await checkedInvitees(scope, locked.rules.rules, wish, quota);
  const expiresAt = endOf(tenant, now);
  const { entrance = "invitation", sendEmail: mailed } = wish;
  const done: Done[] = [];
  for (const [i, row] of checked.entries()) {
    const how = {
      secretKeys,
      entrance,
      mailed,
      expiresAt,
      temporary: temporary && { given: temporary[i] ?? null },
      promised: promisedBy(done),
    };
    done.push(
      "refused" in row ? { result: row.refused } : await inviteRow(scope, await relocked(scope, locked), row, how),
    );
  }
  const count = done.filter(({ made: each }) => each).length;
  if (count > 0) await trx.run(countMade(tenantId, dayOf(now), count));
  await follow(scope, done, mailed, expiresAt);
  const remaining = quota.remaining === null ? null : quota.remaining - count;
  return { results: done.map(({ result }) => result), seats: await seatsLeft(scope), quota: { ...quota, remaining } };
}

/** Seats that those before in the same call will ask for. */
function promisedBy(done: readonly Done[]): number {
  return done.filter(({ result }) => result.seat === "free").length;
}

async function seatsLeft({ trx, tenantId }: Scope): Promise<InviteOutcome["seats"]> {
  const [counted] = await trx.run(countSeats(tenantId));
  const { limit, used, remaining } = seatNumbers(counted?.limit ?? null, counted?.used ?? 0, 0);
  return { limit, used, remaining };
}

/** What follows from those who were invited, together: teams, letters, and the job that ends what nobody accepts. */
async function follow(scope: Scope, done: readonly Done[], mailed: boolean, expiresAt: Date): Promise<void> {
  const invited = done.flatMap(({ made: each }) => each ?? []);
  const teamIds = new Set(invited.flatMap(({ teamId }) => teamId ?? []));
  for (const teamId of teamIds) {
    const of = invited.filter((each) => each.teamId === teamId);
    await addToTeam(
      scope,
      teamId,
      of.map(({ memberId }) => memberId),
    );
  }
  const letters = invited.map(({ memberId, serial }): NewJob =>
    serial === null
      ? { kind: "mail.welcome", payload: { memberId } }
      : { kind: "mail.invitation", payload: { memberId, serial } },
  );
  const expiry = invited.some(({ serial }) => serial !== null) ? [{ kind: EXPIRY_JOB, runAt: expiresAt }] : [];
  const jobs = [...(mailed ? letters : []), ...expiry];
  if (jobs.length > 0) await enqueueAll(scope, jobs);
}
