/** Another address for a member: wished by them, proven by what is mailed to it. */
import { createHmac } from "node:crypto";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { isUuid, newId } from "../../base/ids.ts";
import { deriveKeys, sameSecret } from "../../base/secrets.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Handlers } from "../../events/jobs.ts";
import type { Mailer } from "../../mail/letter.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { recipient } from "../tenants/adminMail.store.ts";
import { deliver } from "../tenants/adminMail.ts";
import { verifiedDomains } from "../signIn/signInTenant.store.ts";
import { checkAddress, checkFree, CREATES } from "./adminMembers.ts";
import { changeUnderLock } from "./changeMember.ts";
import { namingDirectory } from "./managedBy.ts";
import type { Member } from "./member.ts";
import { edited } from "./memberEdits.ts";
import { type Enforcement, passwordAllowed } from "../accounts/passwordAllowed.ts";
import type { Operator } from "../tenants/plans.ts";
import {
  confirmedEmailChange,
  confirmEmailChange,
  dropEmailChanges,
  emailChange,
  emailChangesSince,
  forgetPrevious,
  insertEmailChange,
} from "./profileEmail.store.ts";
import { completeSettings, type TenantSettings } from "../tenants/tenantSettings.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import { underLock } from "./underLock.ts";

const HOUR_MS = 3_600_000;
/** As for a sign-up: a mail that waits overnight still works. */
const LIFE_MS = 24 * HOUR_MS;
/** A mail to any address that somebody types: no more of them than a person needs. */
const MOST_AN_HOUR = 3;

/**
 * Takes a member's wish for another address, and mails the proof to it; the one that they have ends such a wish.
 *
 * @throws Refusal `managed_by_directory`, `forbidden` by the tenant's policy, `email_exists`, `invalid_request`,
 *   `rate_limited`
 */
export async function askForEmail(
  scope: Scope,
  member: Member,
  written: string,
  settings: Pick<TenantSettings, "members" | "signIn">,
): Promise<void> {
  const { trx, tenantId, now } = scope;
  const email = checkAddress(written);
  if (fold(email) === member.emailKey) return void (await trx.run(dropEmailChanges(tenantId, member.id, now)));
  const after = await namingDirectory(trx.run, tenantId, member, () =>
    edited(member, { email }, false, settings.members.emailEditable),
  );
  staysEnforced(member, after, await enforcementOf(scope, settings));
  await checkFree(trx.run, scope, after);
  const [asked] = await trx.run(emailChangesSince(tenantId, member.id, new Date(now.getTime() - HOUR_MS)));
  if ((asked?.count ?? 0) >= MOST_AN_HOUR) throw tooMany();
  const id = newId(now);
  const wish = { id, memberId: member.id, email, expiresAt: new Date(now.getTime() + LIFE_MS) };
  await trx.run(insertEmailChange(tenantId, wish, now));
  await enqueue(scope, { kind: "mail.email-change", payload: { id } });
}

/**
 * Gives a member the address whose mailbox they have proven (rule 24).
 *
 * @throws Refusal `not_found` for a token that is wrong, spent, outdone by a later wish or expired; `email_exists` where
 *   somebody has the address by now; `managed_by_directory`, `forbidden`
 */
export async function confirmEmail(
  db: Database,
  system: Operator,
  token: string,
  secretKeys: readonly Buffer[],
): Promise<void> {
  const [tenantId = "", id = ""] = token.split(".");
  if (!isUuid(tenantId) || !isUuid(id)) throw spent();
  if (!tokensOf(secretKeys, tenantId, id).some((each) => sameSecret(each, token))) throw spent();
  await inTenant(db, { ...system, tenantId }, async (scope) => {
    const locked = await underLock(db, scope);
    const [wish] = await scope.trx.run(emailChange(tenantId, id));
    const [tenant] = await scope.trx.run(tenantById(tenantId));
    if (!tenant || !wish || wish.confirmedAt !== null || wish.expiresAt <= scope.now) throw spent();
    const settings = completeSettings(tenant.settings, tenant.planQuota);
    const enforcement = await enforcementOf(scope, settings);
    let previous: string | null = null;
    const make = (member: Member): Member => {
      if (member.status !== "active") throw spent();
      previous = member.email;
      const after = edited(member, { email: wish.email }, false, settings.members.emailEditable);
      staysEnforced(member, after, enforcement);
      return { ...after, emailVerified: true };
    };
    const self = { ...scope, actor: { type: "member", id: wish.memberId } } as const;
    const check = (read: Scope["trx"]["run"], _: Member, after: Member): Promise<void> => checkFree(read, self, after);
    await changeUnderLock(self, locked, wish.memberId, { make, check }, CREATES);
    await scope.trx.run(confirmEmailChange(tenantId, id, previous, scope.now));
    if (previous !== null) await enqueue(scope, { kind: "mail.email-changed", payload: { id } });
  });
}

async function enforcementOf(
  { trx, tenantId }: Scope,
  { signIn }: Pick<TenantSettings, "signIn">,
): Promise<Enforcement> {
  const domains = signIn.ssoRequired === "verifiedDomains" ? await trx.run(verifiedDomains(tenantId)) : [];
  return { ssoRequired: signIn.ssoRequired, domains: new Set(domains.map(({ domain }) => domain)) };
}

/** Rule 28: nobody changes their address to get around the identity provider. @throws Refusal `forbidden` */
function staysEnforced(before: Member, after: Member, enforcement: Enforcement): void {
  if (passwordAllowed(before, enforcement) || !passwordAllowed(after, enforcement)) return;
  const words =
    "Your organisation signs in through its identity provider, by addresses in its domains: choose one of those.";
  throw new Refusal("forbidden", words);
}

/** What the two letters need. */
interface MailParts {
  readonly db: Database;
  readonly send: Mailer;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  readonly secretKeys: readonly Buffer[];
}

/** The handlers `mail.email-change`, with the proof to the new address, and `mail.email-changed` to the one before. */
export function profileMail({ db, send, publicUrl, secretKeys }: MailParts): Handlers {
  return {
    "mail.email-change": {
      outside: async (job, signal) => {
        const { id } = job.payload as { readonly id: string };
        const [[wish]] = await onceInTenant(db, job, emailChange(job.tenantId, id));
        if (!wish || wish.expiresAt <= new Date()) return;
        const [[to]] = await onceInTenant(db, job, recipient(job.tenantId, wish.memberId));
        if (!to) return;
        const token = emailChangeToken(secretKeys, job.tenantId, wish.id);
        const news = { message: "emailChange", values: { link: `${publicUrl}/profile/email?token=${token}` } } as const;
        await deliver(send, job, { ...to, email: wish.email }, news, signal);
      },
    },
    "mail.email-changed": {
      outside: async (job, signal) => {
        const { id } = job.payload as { readonly id: string };
        const [[change]] = await onceInTenant(db, job, confirmedEmailChange(job.tenantId, id));
        if (!change || change.previous === null) return;
        const [[to]] = await onceInTenant(db, job, recipient(job.tenantId, change.memberId));
        if (!to) return;
        const news = { message: "emailChanged", values: {} } as const;
        await deliver(send, job, { ...to, email: change.previous }, news, signal);
        await onceInTenant(db, job, forgetPrevious(job.tenantId, id));
      },
    },
  };
}

/**
 * The token of the mailed link: a MAC over whose wish it is, so that neither the database nor a job holds it.
 *
 * @param secretKeys the first makes it, all are taken
 */
export function emailChangeToken(secretKeys: readonly Buffer[], tenantId: string, id: string): string {
  return tokensOf(secretKeys, tenantId, id)[0] ?? "";
}

function tokensOf(secretKeys: readonly Buffer[], tenantId: string, id: string): string[] {
  const claim = `${tenantId}.${id}`;
  return deriveKeys(secretKeys, "email-changes").map(
    (key) => `${claim}.${createHmac("sha256", key).update(claim).digest("base64url")}`,
  );
}

function spent(): Refusal {
  return new Refusal("not_found", "This link is not, or no longer, valid. Change the address once more.");
}

function tooMany(): Refusal {
  const extra = { retryAfterSeconds: HOUR_MS / 1000 };
  return new Refusal("rate_limited", "Too many changes of the address. Wait an hour, then go on.", { extra });
}
