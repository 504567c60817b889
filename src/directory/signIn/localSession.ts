/** Sessions that Usher's own means open: a password, with its second factor, or a passkey. */
import { newId } from "../../base/ids.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { standingOf, type Standing } from "./localSession.store.ts";
import type { Holder } from "../accounts/factorHolder.ts";
import { type Enforcement, passwordAllowed } from "../accounts/passwordAllowed.ts";
import { keptAccountPassword } from "../accounts/passwordReset.store.ts";
import { passwordOfMember } from "./passwordSignIn.store.ts";
import { proveSession } from "../accounts/secondFactors.store.ts";
import { openSession, type OpenedSession } from "./sessions.ts";
import { insertSignIn, touchMember, type SignInRecord } from "./signIns.store.ts";
import { verifiedDomains } from "./signInTenant.store.ts";
import { SignInStopped } from "./signInStopped.ts";
import type { Browser } from "./ssoSignIn.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { completeSettings } from "../tenants/tenantSettings.ts";

/** What a tenant's settings say of signing in by Usher's own means. */
export interface PasswordSettings {
  readonly hours: number;
  readonly enforcement: Enforcement;
}

/** Reads them, with the domains that the tenant has verified where it matters. */
export async function passwordSettings(db: Database, tenant: Tenant): Promise<PasswordSettings> {
  const { sessionHours, ssoRequired } = completeSettings(tenant.settings, tenant.planQuota).signIn;
  const [domains] =
    ssoRequired === "verifiedDomains"
      ? await onceInTenant(db, { tenantId: tenant.id }, verifiedDomains(tenant.id))
      : [[]];
  return {
    hours: sessionHours,
    enforcement: { ssoRequired, domains: new Set(domains.map(({ domain }) => domain)) },
  };
}

/**
 * Refuses who may not come in by Usher's own means.
 *
 * @throws SignInStopped `suspended`, `invited`, `sso_required`
 */
export function checkStanding(found: Standing, { enforcement }: PasswordSettings): void {
  if (found.status !== "active") throw new SignInStopped(found.status, `the member is ${found.status}`, found.id);
  if (passwordAllowed(found, enforcement)) return;
  throw new SignInStopped("sso_required", "this organisation signs in through its identity provider", found.id);
}

/** The member as they stand now. @throws SignInStopped as `checkStanding`, `gone` */
export async function readStanding(
  db: Database,
  who: Who,
  memberId: string,
  settings: PasswordSettings,
): Promise<Standing> {
  const [[found]] = await onceInTenant(db, who, standingOf(who.tenantId, memberId));
  if (!found) throw new SignInStopped("gone", "the member is no more", memberId);
  checkStanding(found, settings);
  return found;
}

/** How the member showed who they are. */
export interface Shown {
  readonly authMethod: "password" | "passkey";
  readonly mustChangePassword: boolean;
  readonly mustAddFactor: boolean;
  /** Whose means it was: an account's prove that it is theirs. */
  readonly by: Holder;
  /** The hash of the password that was right; with another one by now there is no session. None of a passkey. */
  readonly password?: { readonly of: Holder; readonly hash: string };
  readonly hours: number;
}

/**
 * Opens the session, and says so in the log of sign-ins.
 *
 * @param first is done in the same transaction
 * @throws SignInStopped `sso_required`, `suspended`, `password_wrong` where it was changed meanwhile
 */
export function openLocal(
  db: Database,
  who: Who,
  memberId: string,
  from: Browser,
  shown: Shown,
  first: (scope: Scope) => Promise<void> = async () => undefined,
): Promise<OpenedSession> {
  const open = async (scope: Scope): Promise<OpenedSession> => {
    await first(scope);
    return openLocalIn(scope, memberId, from, shown);
  };
  const { password } = shown;
  if (password?.of.kind !== "account") return inTenant(db, who, open);
  // An account is of no tenant: its password is held beside it, so that no change of it goes past this session.
  const accountId = password.of.id;
  return acrossTenants(db, who, async (wide) => {
    const [held] = await wide.trx.run(keptAccountPassword(accountId));
    if (held?.passwordHash !== password.hash) throw otherPassword(memberId);
    return asTenant(db, wide, who.tenantId, open);
  });
}

async function openLocalIn(scope: Scope, memberId: string, from: Browser, shown: Shown): Promise<OpenedSession> {
  const { tenantId, trx, now } = scope;
  const { by, password, ...how } = shown;
  const opening = { ...from, ...how, memberId, connectionId: null, providerSession: null, endsBy: null };
  const session = await openSession(scope, opening);
  // The member is locked by now, and their password with them.
  const [held] = password?.of.kind === "member" ? await trx.run(passwordOfMember(tenantId, memberId)) : [];
  if (password?.of.kind === "member" && held?.passwordHash !== password.hash) throw otherPassword(memberId);
  if (by.kind === "account") await trx.run(proveSession(tenantId, session.id, by, now));
  await trx.run(touchMember(tenantId, memberId, now));
  await trx.run(insertSignIn(tenantId, line(now, memberId, shown.authMethod, "signed_in", null, from), now));
  return session;
}

function otherPassword(memberId: string): SignInStopped {
  return new SignInStopped("password_wrong", "the password was changed meanwhile", memberId);
}

/** A line of the log of sign-ins for a try that went nowhere. */
export async function tellRefused(
  db: Database,
  who: Who,
  refused: { readonly memberId: string | null; readonly method: "password" | "passkey"; readonly reason: string },
  from: Browser,
): Promise<void> {
  const told = line(who.now, refused.memberId, refused.method, "refused", refused.reason, from);
  await onceInTenant(db, who, insertSignIn(who.tenantId, told, who.now));
}

function line(
  now: Date,
  memberId: string | null,
  method: "password" | "passkey",
  result: "signed_in" | "refused",
  reason: string | null,
  from: Browser,
): SignInRecord {
  const shared = { connectionId: null, detail: null, ip: from.ip, device: from.userAgent } as const;
  return { ...shared, id: newId(now), memberId, method, result, reason };
}
