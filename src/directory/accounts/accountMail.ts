import { Hopeless, type Claimed, type Handlers } from "../../events/jobs.ts";
import { languageFor } from "../../mail/language.ts";
import type { Mailer } from "../../mail/letter.ts";
import type { MessageName } from "../../mail/message.ts";
import type { Content } from "../../mail/render.ts";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Statement } from "../../storage/types.ts";
import { type Account, accountById } from "./accounts.store.ts";
import { sendFor } from "../tenants/adminMail.ts";
import { domainOf } from "../domains/domainName.ts";
import { demandingTenant } from "../signIn/enforcement.store.ts";
import { registrationById } from "../domains/registrations.store.ts";
import { registrationToken } from "../domains/registrations.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** What letters to people who are no members need. */
export interface AccountMailParts {
  readonly db: Database;
  readonly send: Mailer;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** The first makes the token of a registration's link. */
  readonly secretKeys: readonly Buffer[];
}

/** To the holder of an account: what it is about stands in the job, the address is read when it goes out. */
type AccountMessage = Extract<MessageName, "accountExists" | "accountAttached" | "joinApproved" | "joinDeclined">;

/** The handlers `mail.registration` `{registrationId}` and `mail.account` `{accountId, message}`. */
export function accountMail(parts: AccountMailParts): Handlers {
  return {
    "mail.registration": { outside: (job, signal) => mailRegistration(parts, job, signal) },
    "mail.account": { outside: (job, signal) => mailAccount(parts, job, signal) },
  };
}

async function mailRegistration(parts: AccountMailParts, job: Claimed, signal: AbortSignal): Promise<void> {
  const { registrationId } = job.payload as { registrationId: string };
  const registration = await lookUp(parts.db, registrationById(registrationId, new Date()));
  // Confirmed by another link, or too late to be.
  if (!registration) return;
  const { email } = registration;
  const token = registrationToken(parts.secretKeys, registrationId);
  const confirm = `${parts.publicUrl}/sign-up/confirm?token=${token}`;
  const there = await signInThere(parts, email);
  const news = there
    ? ({ message: "signInThere", values: { link: there } } as const)
    : ({ message: "registration", values: { link: confirm } } as const);
  const { tenant, language } = serverOf(parts, registration);
  // No name: until the mailbox is proven it is a text that anybody may have typed, for anybody to read.
  await sendFor(job, parts.send, email, { ...news, tenant, language, name: null }, signal);
}

/** Rule 28: where people with such an address sign in, if their organisation demands it. */
async function signInThere({ db, publicUrl }: AccountMailParts, email: string): Promise<string | undefined> {
  const domain = domainOf(email);
  const demanding = domain === null ? undefined : await lookUp(db, demandingTenant(domain));
  return demanding && `${publicUrl}/sso/start?${new URLSearchParams({ tenant: demanding.slug, email })}`;
}

async function mailAccount(parts: AccountMailParts, job: Claimed, signal: AbortSignal): Promise<void> {
  const { accountId, message } = job.payload as { accountId: string; message: AccountMessage };
  const account = await lookUp(parts.db, accountById(accountId));
  if (!account) throw new Hopeless("the account is gone");
  const { search, ...place } =
    message === "accountExists" ? serverOf(parts, account) : await tenantOf(parts, job.tenantId, account);
  const link = `${parts.publicUrl}/sso/start?${new URLSearchParams({ ...search, email: account.email })}`;
  const isBare = message === "joinDeclined" || message === "accountAttached";
  const news = isBare ? { message, values: {} } : { message, values: { link } };
  await sendFor(job, parts.send, account.email, { ...news, ...place, name: nameOf(account) }, signal);
}

interface Place extends Pick<Content, "tenant" | "language"> {
  readonly search: Readonly<Record<string, string>>;
}

/** Where no tenant is known, the server speaks for itself. */
function serverOf({ publicUrl }: AccountMailParts, { language }: Pick<Account, "language">): Place {
  return { tenant: new URL(publicUrl).host, language: languageFor(language), search: {} };
}

async function tenantOf(
  { db }: AccountMailParts,
  tenantId: string,
  { language }: Pick<Account, "language">,
): Promise<Place> {
  const [[tenant]] = await onceInTenant(db, { tenantId }, tenantById(tenantId));
  if (!tenant) throw new Hopeless("the tenant is gone");
  const { name, slug, settings } = tenant;
  return { tenant: name, language: languageFor(language, settings.mail?.language), search: { tenant: slug } };
}

async function lookUp<Row>(db: Database, statement: Statement<Row>): Promise<Row | undefined> {
  return (await acrossTenants(db, { actor: { type: "system" }, now: new Date() }, ({ trx }) => trx.run(statement)))[0];
}

function nameOf({ name }: Account): string | null {
  return name.givenName ?? name.familyName ?? null;
}
