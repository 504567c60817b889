import { decide } from "../../admission/seats.ts";
import type { LossCause } from "../../admission/lastAdmin.ts";
import type { Act, Door, Rules } from "../../admission/types.ts";
import { inTenant, sqlState, writeOnce } from "../../storage/scope.ts";
import type { Database, Scope, Statement, Who } from "../../storage/types.ts";
import { releaseHeldAdmins } from "./effects.ts";
import { personOf, type Member } from "./member.ts";
import { created } from "./memberEvents.ts";
import { awaitSeat, insertMember, STALE, takeSeatFor } from "./members.store.ts";
import { rulesOf } from "../roles/rules.ts";
import { settle } from "./settle.ts";
import { context, pick, underLock, type Locked } from "./underLock.ts";

/** By which surface a write came, and what kind of act it is. */
export interface Via {
  readonly door: Door;
  readonly act: Act;
  /** Whose doing it is if the tenant loses its last admin by it (rule 17). */
  readonly loss: LossCause;
}

/** What a creation may bring besides the member. */
export interface CreateOptions {
  /** argon2id, PHC string. */
  readonly passwordHash?: string | undefined;
  /** Statements that stand behind the write and demand that what was asked still holds. @throws SQLSTATE US001 */
  readonly still?: readonly Statement[];
  /** What else must hold, asked under the lock; throws a refusal. */
  readonly check?: (scope: Scope, rules: Rules) => Promise<void>;
}

/**
 * Creates a member as admission decides.
 *
 * Goes in one round trip where the rules are in memory, nothing else is to be checked and no seat is asked for or one
 * is free; in every other case, and for admins, under the lock of the tenant's seats.
 *
 * @param newcomer everything but what the decision gives
 * @throws Refusal `seat_limit_reached`; a taken user name is PostgreSQL's 23505 on `members_user_name`
 */
export async function createMember(
  db: Database,
  who: Who,
  newcomer: Member,
  via: Via,
  options: CreateOptions = {},
): Promise<Member> {
  const quick = options.check ? undefined : await quickly(db, who, newcomer, via, options);
  return (
    quick ??
    inTenant(db, who, async (scope) => createUnderLock(scope, await underLock(db, scope), newcomer, via, options))
  );
}

/** @returns undefined for an admin, or when the database found no free seat or newer rules than those in memory */
async function quickly(
  db: Database,
  who: Who,
  newcomer: Member,
  via: Via,
  { passwordHash, still = [] }: CreateOptions,
): Promise<Member | undefined> {
  const rules = await rulesOf(db, who.tenantId);
  const decision = decide(null, personOf(newcomer), via.door, via.act, rules.rules);
  const settled = settle(newcomer, decision, rules, who.now);
  if (settled.member.administers) return undefined;
  const told = created(who, settled.member);
  const takes = settled.seatDoor === "take";
  const written = { ...context(who, rules, settled), ...(takes && { seatDoor: "look" as const }), told, passwordHash };
  // Whoever changes what `still` demands holds the lock of the seats: it holds to the commit once they are passed.
  const end = [...(takes ? [awaitSeat(written), takeSeatFor(written, newcomer.id)] : []), ...still];
  try {
    const [[row]] = await writeOnce(db, who, [insertMember(written, settled.member)], end);
    return row && settled.member;
  } catch (error) {
    if (sqlState(error) === STALE) return undefined;
    throw error;
  }
}

/**
 * Creates a member in a transaction that holds the lock of the tenant's seats.
 *
 * @throws as `createMember`
 */
export async function createUnderLock(
  scope: Scope,
  locked: Locked,
  newcomer: Member,
  via: Via,
  { passwordHash, still = [], check }: CreateOptions = {},
): Promise<Member> {
  await check?.(scope, locked.rules.rules);
  const decision = decide(null, personOf(newcomer), via.door, via.act, locked.rules.rules);
  const settled = await pick(scope, newcomer, decision, locked);
  const told = created(scope, settled.member);
  await scope.trx.run(insertMember({ ...context(scope, locked.rules, settled), told, passwordHash }, settled.member));
  for (const statement of still) await scope.trx.run(statement);
  if (settled.member.administers) await releaseHeldAdmins(scope, locked);
  return settled.member;
}
