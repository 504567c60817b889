import { Refusal } from "../base/errors.ts";
import { fold } from "../base/fold.ts";
import { newId } from "../base/ids.ts";
import { hashToken } from "../base/secrets.ts";
import { event } from "../events/event.ts";
import { record } from "../events/journal.store.ts";
import { acrossTenants, inTenant, onceInTenant } from "../storage/scope.ts";
import type { Database, Scope, Who } from "../storage/types.ts";
import { accountPassword } from "./accounts.store.ts";
import {
  countAttempt,
  passwordOfMember,
  passwordsOf,
  setOwnPassword,
  uncountAttempt,
  type PasswordRow,
} from "./passwordSignIn.store.ts";
import { checkPassword, hashPassword, verifyPassword } from "./passwords.ts";
import { openSession, type OpenedSession } from "./sessions.ts";
import { insertSignIn, touchMember } from "./signIns.store.ts";
import { domainOf } from "./signInTenant.ts";
import { verifiedDomains } from "./signInTenant.store.ts";
import { SignInStopped, type Browser } from "./ssoSignIn.ts";
import type { Tenant } from "./tenant.ts";
import { completeSettings } from "./tenantSettings.ts";

/** Who wants in, as typed. */
export interface PasswordCredentials {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
}

/** Tries of one address in one tenant before they are refused unread, and of one IP address over all. */
const TRIES = { person: 10, ip: 100 } as const;
/** How long tries are counted together, from the first one on. */
export const WINDOW_MINUTES = 15;

/**
 * Signs a member in by the password that an admin or directory gave them, good in that tenant alone (rule 26).
 *
 * An unknown address costs the same time as a wrong password, and says the same.
 *
 * @throws SignInStopped `too_many_attempts`, `password_wrong`, `sso_required`, `suspended`, `invited`
 */
export async function signInByPassword(
  db: Database,
  who: Who,
  { email, password }: Pick<PasswordCredentials, "email" | "password">,
  from: Browser,
  settings: PasswordSettings,
): Promise<OpenedSession> {
  const key = fold(email);
  const limits = limitKeys(who.tenantId, key, from.ip);
  await takeTry(db, who, limits);
  const [[found]] = await onceInTenant(db, who, passwordsOf(who.tenantId, key));
  const right = await verifyPassword(await presentHash(db, who, found), password);
  if (!found || !right) {
    await tellWrong(db, who, found?.id ?? null, from);
    throw new SignInStopped("password_wrong", "the address or the password is wrong", found?.id ?? null);
  }
  await giveTryBack(db, who, limits);
  if (found.status !== "active") throw new SignInStopped(found.status, `the member is ${found.status}`, found.id);
  if (!found.breakGlass && settings.enforced(found)) {
    throw new SignInStopped("sso_required", "this organisation signs in through its identity provider", found.id);
  }
  return inTenant(db, who, (scope) => succeed(scope, found, from, settings.hours));
}

/** The member's own in this tenant (rule 26), else that of the account which its holder has attached. */
async function presentHash(
  db: Database,
  who: Who,
  found: Pick<PasswordRow, "passwordHash" | "accountId"> | undefined,
): Promise<string | null> {
  const { passwordHash = null, accountId = null } = found ?? {};
  if (passwordHash !== null || accountId === null) return passwordHash;
  const [account] = await acrossTenants(db, who, ({ trx }) => trx.run(accountPassword(accountId)));
  return account?.passwordHash ?? null;
}

async function succeed(scope: Scope, found: PasswordRow, from: Browser, hours: number): Promise<OpenedSession> {
  const { tenantId, trx, now } = scope;
  const session = await openSession(scope, {
    ...from,
    memberId: found.id,
    authMethod: "password",
    connectionId: null,
    providerSession: null,
    mustChangePassword: found.mustChange,
    hours,
    endsBy: null,
  });
  await trx.run(touchMember(tenantId, found.id, now));
  await trx.run(insertSignIn(tenantId, line(now, found.id, "signed_in", null, from), now));
  return session;
}

async function tellWrong(db: Database, who: Who, memberId: string | null, from: Browser): Promise<void> {
  const told = line(who.now, memberId, "refused", "password_wrong", from);
  await onceInTenant(db, who, insertSignIn(who.tenantId, told, who.now));
}

interface Limit {
  readonly key: Buffer;
  readonly most: number;
}

/** The owner of an address is not locked out of other tenants, nor by who tries from elsewhere for ever: windows end. */
function limitKeys(tenantId: string, emailKey: string, ip: string | null): Limit[] {
  const person = { key: hashToken(`password:${tenantId}:${emailKey}`), most: TRIES.person };
  return ip === null ? [person] : [person, { key: hashToken(`ip:${ip}`), most: TRIES.ip }];
}

/**
 * Takes a try before the password is looked at: of many at once no more than the limit are looked at.
 *
 * @throws SignInStopped `too_many_attempts`; the try is not counted then, so that a window ends
 */
async function takeTry(db: Database, who: Who, limits: readonly Limit[]): Promise<void> {
  await acrossTenants(db, who, async ({ trx }) => {
    for (const { key, most } of limits) {
      const [tries] = await trx.run(countAttempt(key, who.now, WINDOW_MINUTES));
      if ((tries?.count ?? 0) > most) {
        throw new SignInStopped("too_many_attempts", `too many tries; wait ${WINDOW_MINUTES} minutes`);
      }
    }
  });
}

/** The right password is no guess: an office behind one address may sign in as often as it likes. */
async function giveTryBack(db: Database, who: Who, limits: readonly Limit[]): Promise<void> {
  await acrossTenants(db, who, async ({ trx }) => {
    for (const { key } of limits) await trx.run(uncountAttempt(key));
  });
}

function line(
  now: Date,
  memberId: string | null,
  result: "signed_in" | "refused",
  reason: string | null,
  from: Browser,
): Parameters<typeof insertSignIn>[1] {
  const shared = { connectionId: null, method: "password", detail: null, ip: from.ip, device: from.userAgent } as const;
  return { ...shared, id: newId(now), memberId, result, reason };
}

/**
 * Changes a member's own password, by who knows the present one; other sessions end.
 *
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
  const [[held]] = await onceInTenant(db, who, passwordOfMember(who.tenantId, session.memberId));
  const limits = [{ key: hashToken(`password:${who.tenantId}:${session.memberId}`), most: TRIES.person }];
  await takeTry(db, who, limits);
  if (!(await verifyPassword(await presentHash(db, who, held), given.current))) {
    await tellWrong(db, who, session.memberId, { ip: null, userAgent: null });
    throw new SignInStopped("password_wrong", "the present password is wrong", session.memberId);
  }
  await giveTryBack(db, who, limits);
  checkPassword(given.next, minLength);
  if (given.next === given.current)
    throw new Refusal("invalid_request", "Choose another password than the present one.");
  const passwordHash = await hashPassword(given.next);
  await inTenant(db, who, async (scope) => {
    const [changed] = await scope.trx.run(setOwnPassword(who.tenantId, session.memberId, passwordHash, session.id));
    if (!changed) throw new Refusal("unauthenticated", "The session has ended. Sign in again.");
    const target = { type: "member", id: session.memberId } as const;
    await record(scope, event(scope, "member.password_changed", target));
  });
}

/** What a tenant's settings say of signing in by password (rule 28). */
export interface PasswordSettings {
  readonly hours: number;
  readonly enforced: (member: PasswordRow) => boolean;
}

/** Reads them, with whether the domain of an address is one that the tenant has verified. */
export async function passwordSettings(db: Database, tenant: Tenant): Promise<PasswordSettings> {
  const { sessionHours, ssoRequired } = completeSettings(tenant.settings, tenant.planQuota).signIn;
  const domains =
    ssoRequired === "verifiedDomains"
      ? await onceInTenant(db, { tenantId: tenant.id }, verifiedDomains(tenant.id))
      : [[]];
  const owned = new Set(domains[0].map(({ domain }) => domain));
  const isOwned = ({ emailKey }: PasswordRow): boolean => emailKey !== null && owned.has(domainOf(emailKey) ?? "");
  const enforced = ssoRequired === "everyone" ? () => true : ssoRequired === "no" ? () => false : isOwned;
  return { hours: sessionHours, enforced };
}
