import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { hashToken } from "../../base/secrets.ts";
import { senderOf } from "../../base/sender.ts";
import { insertJob } from "../../events/jobs.store.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { accountByEmail } from "./accounts.store.ts";
import { type Holder, ofHolder } from "./factorHolder.ts";
import { standingOf } from "../signIn/localSession.store.ts";
import { passwordSettings } from "../signIn/localSession.ts";
import { passwordAllowed } from "./passwordAllowed.ts";
import { changeOfAccount, shortest, tellPassword } from "./passwordChange.ts";
import { holdPassword, resetMemberPassword, resetOf } from "./passwordReset.store.ts";
import { countAttempt, passwordsOf, type PasswordRow } from "../signIn/passwordSignIn.store.ts";
import { holderOfToken, isGenuine } from "./passwordResetToken.ts";
import { checkPassword, hashPassword } from "./passwords.ts";
import type { Operator } from "../tenants/plans.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { completeSettings } from "../tenants/tenantSettings.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** How long a link holds: the mail may be slow, and lies about afterwards. */
const SECONDS = 3600;
/** Within an hour: from one address of the network, and to one mailbox. */
const MOST = { ip: 30, mails: 3 } as const;
const WINDOW_MINUTES = 60;

/**
 * Takes somebody's wish for a new password. What follows comes by mail alone: an address that nobody has, a member without
 * a password and one who is suspended are answered like any other. Past a few mails in an hour no more are sent, which is no
 * lock-out: the links that were sent go on working.
 *
 * @param tenant where it is known; else an account is meant
 * @throws Refusal `rate_limited` for the address of the network
 */
export async function askForReset(
  db: Database,
  system: Operator,
  { email, tenant }: { readonly email: string; readonly tenant: Tenant | undefined },
  ip: string | null,
): Promise<void> {
  const emailKey = fold(email);
  if (ip !== null && !(await counted(db, system, `reset:ip:${senderOf(ip)}`, MOST.ip))) throw tooMany();
  const mayMail = await counted(db, system, `reset:mail:${tenant?.id ?? ""}:${emailKey}`, MOST.mails);
  const meant = await meantBy(db, system, emailKey, tenant);
  if (!mayMail || !meant) return;
  const payload = { holder: meant.holder, sso: meant.sso, until: Math.floor(system.now.getTime() / 1000) + SECONDS };
  // A job is of a tenant, and an account is of none: its own id keeps its place.
  const tenantId = tenant?.id ?? meant.holder.id;
  await acrossTenants(db, system, ({ trx }) => trx.run(insertJob(tenantId, { kind: "mail.password-reset", payload })));
}

interface Meant {
  readonly holder: Holder;
  /** Whether the tenant requires single sign-on of them. */
  readonly sso: boolean;
}

async function meantBy(
  db: Database,
  system: Operator,
  emailKey: string,
  tenant: Tenant | undefined,
): Promise<Meant | undefined> {
  const [found] = tenant ? (await onceInTenant(db, { tenantId: tenant.id }, passwordsOf(tenant.id, emailKey)))[0] : [];
  if (tenant && found) return memberMeant(db, tenant, found);
  const [account] = await acrossTenants(db, system, ({ trx }) => trx.run(accountByEmail(emailKey)));
  return account && { holder: { kind: "account", id: account.id }, sso: false };
}

async function memberMeant(db: Database, tenant: Tenant, found: PasswordRow): Promise<Meant | undefined> {
  if (found.status !== "active") return undefined;
  const own = { kind: "member", tenantId: tenant.id, id: found.id } as const;
  const { enforcement } = await passwordSettings(db, tenant);
  if (!passwordAllowed(found, enforcement)) return { holder: own, sso: true };
  if (found.passwordHash !== null || found.accountId === null) return { holder: own, sso: false };
  return { holder: { kind: "account", id: found.accountId }, sso: false };
}

/** Counts, and says whether it was within the limit. */
async function counted(db: Database, system: Operator, what: string, most: number): Promise<boolean> {
  const count = countAttempt(hashToken(what), system.now, WINDOW_MINUTES);
  const [tries] = await acrossTenants(db, system, ({ trx }) => trx.run(count));
  return (tries?.count ?? 0) <= most;
}

/**
 * Sets the new password of whoever shows what was mailed, once, and ends all sessions. Nobody is signed in by it: the next
 * sign-in asks for the second factor as any does.
 *
 * @throws Refusal `not_found` for a token that is wrong, spent or expired, `invalid_request` for a password that is too
 * short, `forbidden` where single sign-on is required by now, `rate_limited`
 */
export async function redeemReset(
  db: Database,
  system: Operator,
  { token, password }: { readonly token: string; readonly password: string },
  secretKeys: readonly Buffer[],
  ip: string | null,
): Promise<void> {
  if (ip !== null && !(await counted(db, system, `reset:ip:${senderOf(ip)}`, MOST.ip))) throw tooMany();
  const holder = holderOfToken(token, system.now);
  if (!holder) throw spent();
  const [row] = await ofHolder(db, holder, resetOf(holder));
  if (!row || row.passwordHash === null || !isGenuine(secretKeys, token, row)) throw spent();
  checkPassword(password, await shortestOf(db, holder));
  const change = { hash: await hashPassword(password), was: row.passwordHash };
  const isDone =
    holder.kind === "member"
      ? await inTenant(db, { ...system, tenantId: holder.tenantId }, (scope) => resetMember(scope, holder, change))
      : await acrossTenants(db, system, (wide) =>
          changeOfAccount(db, wide, holder, { ...change, keptSession: null }, "member.password_reset"),
        );
  if (!isDone) throw spent();
}

async function resetMember(
  scope: Scope,
  { id }: { readonly id: string },
  change: { readonly hash: string; readonly was: string },
): Promise<boolean> {
  await scope.trx.run(holdPassword({ kind: "member", tenantId: scope.tenantId, id }));
  const [done] = await scope.trx.run(resetMemberPassword(scope.tenantId, id, change));
  if (done) await tellPassword(scope, id, "member.password_reset", "member");
  return done !== undefined;
}

/** The shortest password of a holder, where one may have a password still. @throws Refusal `forbidden`, `not_found` */
async function shortestOf(db: Database, holder: Holder): Promise<number> {
  if (holder.kind === "account") return shortest(holder, 0);
  const [[tenant], [found]] = await onceInTenant(
    db,
    holder,
    tenantById(holder.tenantId),
    standingOf(holder.tenantId, holder.id),
  );
  if (!tenant || !found) throw spent();
  if (!passwordAllowed(found, (await passwordSettings(db, tenant)).enforcement)) throw ssoRequired();
  return completeSettings(tenant.settings, tenant.planQuota).signIn.passwordMinLength;
}

function tooMany(): Refusal {
  const extra = { retryAfterSeconds: WINDOW_MINUTES * 60 };
  return new Refusal("rate_limited", "Too many tries from here. Wait an hour, then go on.", { extra });
}

function ssoRequired(): Refusal {
  return new Refusal("forbidden", "Your organisation signs in through its identity provider, without a password here.");
}

function spent(): Refusal {
  return new Refusal("not_found", "This link is not, or no longer, valid. Ask for a new one.");
}
