import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { asTenant, type WideScope } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { type Holder, holdersFrom } from "./factorHolder.ts";
import { tellRefused } from "../signIn/localSession.ts";
import { passwordOfMember, setOwnPassword } from "../signIn/passwordSignIn.store.ts";
import { presentHash } from "./presentHash.ts";
import { holdPassword, setAccountPassword } from "./passwordReset.store.ts";
import { checkPassword, hashPassword, verifyPassword } from "./passwords.ts";
import { mailPerson } from "../members/personMail.ts";
import { giveTryBack, type Limit, takeTry } from "../signIn/signInTries.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { defaultSettings } from "../tenants/tenantSettings.ts";

/** Tries of the present password from one's own session. */
const MOST_TRIES = 10;

/** A password that was shown, and whose it is. */
export interface ShownPassword {
  readonly holder: Holder;
  readonly hash: string;
}

/**
 * Whether this is the present password of a session's member, or of the account that is attached.
 *
 * @throws SignInStopped `password_wrong`, `too_many_attempts`
 */
export async function provePassword(
  db: Database,
  who: Who,
  memberId: string,
  password: string,
): Promise<ShownPassword> {
  const [[held]] = await onceInTenant(db, who, passwordOfMember(who.tenantId, memberId));
  const limits: Limit[] = [{ key: `password:${who.tenantId}:${memberId}`, most: MOST_TRIES }];
  await takeTry(db, who, limits);
  const hash = await presentHash(db, who, held);
  if (!(await verifyPassword(hash, password)) || hash === null) {
    const refused = { memberId, method: "password", reason: "password_wrong" } as const;
    await tellRefused(db, who, refused, { ip: null, userAgent: null });
    throw new SignInStopped("password_wrong", "the present password is wrong", memberId);
  }
  await giveTryBack(db, who, limits);
  const person = { memberId, accountId: held?.accountId ?? null, hasOwn: (held?.passwordHash ?? null) !== null };
  return { holder: holdersFrom(who.tenantId, person).own, hash };
}

/**
 * Changes one's own password, by who knows the present one: the member's in this tenant, or the account's wherever it is
 * attached. Other sessions end, and it is told in each of these tenants.
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
  const shown = await provePassword(db, who, session.memberId, given.current);
  const { holder } = shown;
  checkPassword(given.next, shortest(holder, minLength));
  if (given.next === given.current) {
    throw new Refusal("invalid_request", "Choose another password than the present one.", { extra: { same: true } });
  }
  // In place of the one that was shown: who took a reset meanwhile is not overruled by whoever knew the one before.
  const change = { hash: await hashPassword(given.next), was: shown.hash, keptSession: session.id };
  const isDone =
    holder.kind === "member"
      ? await inTenant(db, who, (scope) => changeOfMember(scope, holder, change))
      : await acrossTenants(db, who, (wide) => changeOfAccount(db, wide, holder, change, "member.password_changed"));
  if (!isDone) throw new Refusal("unauthenticated", "The session has ended. Sign in again.");
}

async function changeOfMember(
  scope: Scope,
  holder: Extract<Holder, { kind: "member" }>,
  change: { readonly hash: string; readonly was: string; readonly keptSession: string },
): Promise<boolean> {
  await scope.trx.run(holdPassword(holder));
  const [done] = await scope.trx.run(setOwnPassword(holder.tenantId, holder.id, change));
  if (done) await tellPassword(scope, holder.id, "member.password_changed", "member");
  return done !== undefined;
}

/** Sets the password of an account and tells it in each tenant that it is attached to; false where it is another by now. */
export async function changeOfAccount(
  db: Database,
  wide: WideScope,
  holder: Extract<Holder, { kind: "account" }>,
  change: { readonly hash: string; readonly was: string; readonly keptSession: string | null },
  type: PasswordEvent,
): Promise<boolean> {
  await wide.trx.run(holdPassword(holder));
  const attached = await wide.trx.run(setAccountPassword(holder.id, change));
  for (const { tenantId, memberId } of attached) {
    if (memberId === null) continue;
    await asTenant(db, wide, tenantId, (scope) => tellPassword(scope, memberId, type, "account"));
  }
  return attached.length > 0;
}

type PasswordEvent = "member.password_changed" | "member.password_reset";

/** Tells the tenant, and the person by mail, that they have another password. */
export async function tellPassword(
  scope: Scope,
  memberId: string,
  type: PasswordEvent,
  holder: Holder["kind"],
): Promise<void> {
  const self = { ...scope, actor: { type: "member", id: memberId } } as const;
  await record(scope, event(self, type, { type: "member", id: memberId }, { holder }));
  await mailPerson(scope, memberId, { message: "passwordChanged", values: {} });
}

/** The shortest password of a holder: an account is not of one tenant alone. */
export function shortest(holder: Holder, minLength: number): number {
  return holder.kind === "member" ? minLength : Math.max(minLength, defaultSettings.signIn.passwordMinLength);
}
