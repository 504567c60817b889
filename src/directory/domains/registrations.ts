import { createHmac } from "node:crypto";
import { Refusal } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { isUuid, newId } from "../../base/ids.ts";
import { deriveKeys, hashToken, sameSecret } from "../../base/secrets.ts";
import { senderOf } from "../../base/sender.ts";
import { insertJob } from "../../events/jobs.store.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import type { Language } from "../../mail/message.ts";
import { checkAddress } from "../members/adminMembers.ts";
import { type Account, accountByEmail, insertAccount } from "../accounts/accounts.store.ts";
import { domainOf } from "./domainName.ts";
import { demandingTenant } from "../signIn/enforcement.store.ts";
import type { PersonName } from "../members/memberEdits.ts";
import { countAttempt } from "../signIn/passwordSignIn.store.ts";
import { checkPassword, hashPassword, verifyPassword } from "../accounts/passwords.ts";
import type { Operator } from "../tenants/plans.ts";
import { deleteRegistrations, insertRegistration, registrationById, type Registration } from "./registrations.store.ts";
import { defaultSettings } from "../tenants/tenantSettings.ts";

/** What somebody signs up with. */
export interface SignUp {
  readonly email: string;
  readonly password: string;
  readonly name: PersonName;
  /** Of the letters. */
  readonly language?: Language | null | undefined;
  /** The invite link by which they come. */
  readonly link?: Registration["link"] | undefined;
}

/** Long enough to find the mail, short enough that it does not lie about. */
const HOURS = 24;
/** Within an hour: sign-ups from one address of the network, mails to one mailbox, tries of a password with one link. */
const MOST = { ip: 30, mails: 3, passwords: 10 } as const;
const WINDOW_MINUTES = 60;

/**
 * Takes a sign-up: nothing comes of it until the mailbox is proven (rule 26). An address that has an account answers
 * the same, and its owner is told by mail. Past a few mails in an hour nothing more is sent, whoever asks: that is no
 * lock-out, for the links that were sent go on working.
 *
 * @param ip whose sign-ups are counted
 * @throws Refusal `invalid_request`, `rate_limited`
 */
export async function signUp(
  db: Database,
  system: Operator,
  { email, password, name, language = null, link = null }: SignUp,
  ip: string | null,
): Promise<{ email: string; expiresAt: Date }> {
  const address = checkAddress(email);
  checkPassword(password, defaultSettings.signIn.passwordMinLength);
  if (ip !== null && !(await counted(db, system, `registrations:ip:${senderOf(ip)}`, MOST.ip))) throw tooMany();
  const { now } = system;
  const expiresAt = new Date(now.getTime() + HOURS * 3_600_000);
  const emailKey = fold(address);
  const mayMail = await counted(db, system, `registrations:mail:${emailKey}`, MOST.mails);
  // Hashed for whoever asks: a clock shall not tell who has an account.
  const passwordHash = await hashPassword(password);
  const registration = { id: newId(now), email: address, emailKey, name, language, passwordHash, link };
  if (mayMail) {
    await acrossTenants(db, system, async ({ trx }) => {
      const [known] = await trx.run(accountByEmail(emailKey));
      await trx.run(insertRegistration(registration, now, expiresAt));
      const job = known
        ? { kind: "mail.account", payload: { accountId: known.id, message: "accountExists" } }
        : { kind: "mail.registration", payload: { registrationId: registration.id } };
      // A job is of a tenant, and this is of none yet: its own id keeps its place.
      await trx.run(insertJob(registration.id, job));
    });
  }
  return { email: address, expiresAt };
}

/**
 * The token of a registration's mail. Made from its id, so that neither the database nor a job holds it.
 *
 * @param secretKeys the first makes it, all are taken
 */
export function registrationToken(secretKeys: readonly Buffer[], id: string): string {
  return tokensOf(secretKeys, id)[0] ?? "";
}

function tokensOf(secretKeys: readonly Buffer[], id: string): string[] {
  return deriveKeys(secretKeys, "registrations").map(
    (key) => `${id}.${createHmac("sha256", key).update(id).digest("base64url")}`,
  );
}

/**
 * Makes the account of whoever shows what was mailed to the address. The registration stays until `endRegistration`:
 * whoever was cut off half-way comes again with the same token and finds the same account.
 *
 * @param password where a person and no program confirms: whoever signed up with somebody else's address chose a password
 * that its owner does not know
 * @throws Refusal `not_found` for a token that is wrong, spent or expired, `conflict` where the address has another
 * account, `unauthenticated` for a wrong password, `forbidden` where the organisation of the address demands single
 * sign-on (rule 28), `rate_limited`
 */
export async function confirmRegistration(
  db: Database,
  system: Operator,
  { token, password }: { token: string; password?: string | undefined },
  secretKeys: readonly Buffer[],
): Promise<{ readonly account: Account; readonly link: Registration["link"] }> {
  const [id = ""] = token.split(".");
  const isGenuine = isUuid(id) && tokensOf(secretKeys, id).some((each) => sameSecret(each, token));
  if (!isGenuine) throw spent();
  const [registration] = await acrossTenants(db, system, ({ trx }) => trx.run(registrationById(id, system.now)));
  if (!registration) throw spent();
  if (password !== undefined) await checkOwn(db, system, registration, password);
  const account = await acrossTenants(db, system, async ({ trx }) => {
    const domain = domainOf(registration.email);
    const [demanding] = domain === null ? [] : await trx.run(demandingTenant(domain));
    if (demanding) throw signInThere();
    await trx.run(insertAccount(id, system.now));
    return (await trx.run(accountByEmail(registration.emailKey)))[0];
  });
  const { linkTenant, linkHash } = registration;
  const link = linkTenant !== null && linkHash !== null ? { tenantId: linkTenant, hash: linkHash } : null;
  if (account?.id === id) return { account, link };
  throw new Refusal("conflict", "There is an account with this address already. Sign in to it.");
}

/** Ends all sign-ups with an address, once everything that follows from one of them is done. */
export async function endRegistration(db: Database, system: Operator, { emailKey }: Account): Promise<void> {
  await acrossTenants(db, system, ({ trx }) => trx.run(deleteRegistrations(emailKey)));
}

async function checkOwn(
  db: Database,
  system: Operator,
  { id, passwordHash }: { id: string; passwordHash: string },
  password: string,
): Promise<void> {
  if (!(await counted(db, system, `registrations:password:${id}`, MOST.passwords))) throw tooMany();
  if (await verifyPassword(passwordHash, password)) return;
  throw new Refusal("unauthenticated", "This is not the password that was chosen when signing up.");
}

/** Counts, and says whether it was within the limit. */
async function counted(db: Database, system: Operator, what: string, most: number): Promise<boolean> {
  const count = countAttempt(hashToken(what), system.now, WINDOW_MINUTES);
  const [tries] = await acrossTenants(db, system, ({ trx }) => trx.run(count));
  return (tries?.count ?? 0) <= most;
}

function tooMany(): Refusal {
  const extra = { retryAfterSeconds: WINDOW_MINUTES * 60 };
  return new Refusal("rate_limited", "Too many sign-ups or tries from here. Wait an hour, then go on.", { extra });
}

function signInThere(): Refusal {
  return new Refusal("forbidden", "Your organisation signs in through its own identity provider. Sign in there.");
}

function spent(): Refusal {
  return new Refusal(
    "not_found",
    "This link is not, or no longer, valid. Sign up again, or sign in if you did already.",
  );
}
