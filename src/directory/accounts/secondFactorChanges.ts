import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Database, Scope, Statement, Who } from "../../storage/types.ts";
import { changeHolder, type Holder, type Holders, manageable } from "./factorHolder.ts";
import { mailPerson } from "../members/personMail.ts";
import { hashRecoveryCode, newRecoveryCodes } from "./recoveryCodes.ts";
import { dropTotp, factorAdded, keepRecoveryCodes, lockFactors, voidRecoveryCodes } from "./secondFactors.store.ts";
import { type Factors, factorsAsked, isAnyFactor, mustHaveSecondFactor } from "./secondFactors.ts";
import type { MemberSession } from "../signIn/memberSession.ts";
import { codeOf, waitingTotp } from "./totp.ts";

/** Whose factors are changed, by their own session. */
export type Own = Pick<MemberSession, "session" | "member"> & {
  /** Read once, with the proof: between the two nobody becomes another's holder. */
  readonly holders: Holders;
};

/** Recovery codes as they are shown, this once; null where those before go on holding. */
export type ShownCodes = readonly string[] | null;

/**
 * Puts an authenticator app in use by its first code; with the first factor of a holder come recovery codes.
 *
 * @throws Refusal `not_found` where no app waits for its code, `invalid_request` for a wrong one
 */
export async function confirmTotp(
  db: Database,
  who: Who,
  { session, member, holders }: Own,
  code: string,
  secretKeys: readonly Buffer[],
): Promise<ShownCodes> {
  const { own: holder } = holders;
  const waiting = await waitingTotp(db, holder, { issuer: "", account: "" }, secretKeys);
  if (!waiting) throw new Refusal("not_found", "No authenticator app waits for its first code. Begin anew.");
  const take = codeOf(holder, { sealed: waiting.sealed, code, now: who.now, first: true }, secretKeys);
  if (!take) throw wrongCode();
  return changeHolder(
    db,
    who,
    holder,
    async (trx) => {
      if ((await trx.run(take)).length === 0) throw wrongCode();
      return firstCodes(trx, holder);
    },
    async (scope) => {
      await tellAdded(scope, session.id, member.id, "totp", holder);
      await mailPerson(scope, member.id, { message: "totpAdded", values: {} });
    },
  );
}

/** Recovery codes for a holder who has none. */
export async function firstCodes(trx: Scope["trx"], holder: Holder): Promise<ShownCodes> {
  const codes = newRecoveryCodes();
  const hashes = codes.map((each) => hashRecoveryCode(holder, each));
  const kept = await trx.run(keepRecoveryCodes(holder, hashes, { unlessAny: true }));
  return kept.length > 0 ? codes : null;
}

/** Tells of a new factor, and that the session lacks none. */
export async function tellAdded(
  scope: Scope,
  sessionId: string,
  memberId: string,
  kind: "totp" | "passkey",
  holder: Holder,
): Promise<void> {
  await scope.trx.run(factorAdded(scope.tenantId, sessionId));
  const told = { kind, holder: holder.kind };
  await record(scope, event(scope, "member.second_factor_added", { type: "member", id: memberId }, told));
}

/**
 * Takes an authenticator app away.
 *
 * @throws Refusal `not_found`, `conflict` for the last factor of who must have one
 */
export async function removeTotp(db: Database, who: Who, own: Own): Promise<void> {
  const removal = await removalOf(db, own, ({ totp }) => totp !== null);
  const { holder } = removal;
  await changeHolder(
    db,
    who,
    holder,
    (trx) => removed(trx, removal, dropTotp(holder)),
    async (scope, dropped) => {
      if (dropped.length === 0) return;
      await tellRemoved(scope, own.member.id, "totp", holder);
      await mailPerson(scope, own.member.id, { message: "totpRemoved", values: {} });
    },
  );
}

/**
 * Removes a factor; recovery codes go with a holder's last one.
 *
 * @throws Refusal `conflict` for the last factor of who must have one
 */
export async function removed<Row>(
  trx: Scope["trx"],
  { holder, mustKeep }: Removal,
  remove: Statement<Row>,
): Promise<Row[]> {
  // Of two that are removed at once, the second one is counted after the first is gone.
  await trx.run(lockFactors(holder));
  const rows = await trx.run(remove);
  const isBare = (await trx.run(voidRecoveryCodes(holder))).length > 0;
  if (!isBare || !mustKeep) return rows;
  throw new Refusal("conflict", "You must have a second factor. Add another one before you remove the last.");
}

/** Tells that a factor is gone. */
export async function tellRemoved(
  scope: Scope,
  memberId: string,
  kind: "totp" | "passkey",
  holder: Holder,
): Promise<void> {
  const told = { kind, holder: holder.kind };
  await record(scope, event(scope, "member.second_factor_removed", { type: "member", id: memberId }, told));
}

/** Whose factor is to be removed, and whether one of theirs must stay. */
export interface Removal {
  readonly holder: Holder;
  readonly mustKeep: boolean;
}

/** The holder who has what is to be removed. @throws Refusal `not_found` */
export async function removalOf(
  db: Database,
  { member, holders }: Pick<Own, "member" | "holders">,
  has: (factors: Factors) => boolean,
): Promise<Removal> {
  const factors = await factorsAsked(db, holders.all);
  const theirs = manageable(holders);
  const found = factors.find((each) => theirs.includes(each.holder) && has(each));
  if (!found) throw new Refusal("not_found", "There is no such second factor. Look at the list of those there are.");
  const others = factors.filter((each) => each !== found);
  return { holder: found.holder, mustKeep: mustHaveSecondFactor(member) && !isAnyFactor(others) };
}

/**
 * Makes recovery codes in place of all before them.
 *
 * @throws Refusal `conflict` where there is no factor that they could stand in for
 */
export async function renewRecoveryCodes(db: Database, who: Who, { member, holders }: Own): Promise<readonly string[]> {
  const factors = await factorsAsked(db, manageable(holders));
  if (!isAnyFactor(factors)) throw new Refusal("conflict", "Add an authenticator app or a passkey first.");
  const holder = factors.find((each) => isAnyFactor([each]))?.holder ?? holders.own;
  const codes = newRecoveryCodes();
  const hashes = codes.map((each) => hashRecoveryCode(holder, each));
  await changeHolder(
    db,
    who,
    holder,
    (trx) => trx.run(keepRecoveryCodes(holder, hashes, { unlessAny: false })),
    async (scope) => {
      const told = { holder: holder.kind };
      await record(scope, event(scope, "member.recovery_codes_made", { type: "member", id: member.id }, told));
      await mailPerson(scope, member.id, { message: "recoveryCodesMade", values: {} });
    },
  );
  return codes;
}

function wrongCode(): Refusal {
  const message = "The code is wrong, or was used already. Wait for the next one, and look at the phone's clock.";
  return new Refusal("invalid_request", message, { errors: [{ path: "/code", message }] });
}
