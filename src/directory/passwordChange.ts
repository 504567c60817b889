import { Refusal } from "../base/errors.ts";
import { event } from "../events/event.ts";
import { record } from "../events/journal.store.ts";
import { onceInTenant } from "../storage/scope.ts";
import type { Database, Statement, Who } from "../storage/types.ts";
import { changeHolder, type Holder, holdersFrom } from "./factorHolder.ts";
import { tellRefused } from "./localSession.ts";
import { passwordOfMember, setOwnPassword } from "./passwordSignIn.store.ts";
import { presentHash } from "./presentHash.ts";
import { setAccountPassword } from "./passwordReset.store.ts";
import { checkPassword, hashPassword, verifyPassword } from "./passwords.ts";
import { mailPerson } from "./personMail.ts";
import { giveTryBack, type Limit, takeTry } from "./signInTries.ts";
import { SignInStopped } from "./signInStopped.ts";
import { defaultSettings } from "./tenantSettings.ts";

/** Tries of the present password from one's own session. */
const MOST_TRIES = 10;

/**
 * Whether this is the present password of a session's member, or of the account that is attached.
 *
 * @throws SignInStopped `password_wrong`, `too_many_attempts`
 */
export async function provePassword(db: Database, who: Who, memberId: string, password: string): Promise<Holder> {
  const [[held]] = await onceInTenant(db, who, passwordOfMember(who.tenantId, memberId));
  const limits: Limit[] = [{ key: `password:${who.tenantId}:${memberId}`, most: MOST_TRIES }];
  await takeTry(db, who, limits);
  if (!(await verifyPassword(await presentHash(db, who, held), password))) {
    const refused = { memberId, method: "password", reason: "password_wrong" } as const;
    await tellRefused(db, who, refused, { ip: null, userAgent: null });
    throw new SignInStopped("password_wrong", "the present password is wrong", memberId);
  }
  await giveTryBack(db, who, limits);
  const person = { memberId, accountId: held?.accountId ?? null, hasOwn: (held?.passwordHash ?? null) !== null };
  return holdersFrom(who.tenantId, person).own;
}

/**
 * Changes one's own password, by who knows the present one: the member's in this tenant, or the account's wherever it is
 * attached. Other sessions end.
 *
 * @param minLength in characters, the tenant's; an account's is never shorter than the server's own
 * @throws SignInStopped `password_wrong`, `too_many_attempts`; Refusal `invalid_request` for one that is too short or
 * the same, `unauthenticated` for who is suspended meanwhile
 */
export async function changeOwnPassword(
  db: Database,
  who: Who,
  session: { readonly id: string; readonly memberId: string },
  given: { readonly current: string; readonly next: string },
  minLength: number,
): Promise<void> {
  const holder = await provePassword(db, who, session.memberId, given.current);
  checkPassword(given.next, shortest(holder, minLength));
  if (given.next === given.current) {
    throw new Refusal("invalid_request", "Choose another password than the present one.", { extra: { same: true } });
  }
  const set = setBy(holder, session, await hashPassword(given.next));
  await changeHolder(
    db,
    who,
    holder,
    async (trx) => {
      if ((await trx.run(set)).length === 0) {
        throw new Refusal("unauthenticated", "The session has ended. Sign in again.");
      }
    },
    async (scope) => {
      const target = { type: "member", id: session.memberId } as const;
      await record(scope, event(scope, "member.password_changed", target, { holder: holder.kind }));
      await mailPerson(scope, session.memberId, { message: "passwordChanged", values: {} });
    },
  );
}

function setBy(holder: Holder, session: { id: string; memberId: string }, hash: string): Statement<{ id: string }> {
  return holder.kind === "member"
    ? setOwnPassword(holder.tenantId, session.memberId, hash, session.id)
    : setAccountPassword(holder.id, { hash, was: null, keptSession: session.id });
}

/** The shortest password of a holder: an account is not of one tenant alone. */
export function shortest(holder: Holder, minLength: number): number {
  return holder.kind === "member" ? minLength : Math.max(minLength, defaultSettings.signIn.passwordMinLength);
}
