import { Hopeless, type Claimed, type Handlers } from "../events/jobs.ts";
import { languageFor } from "../mail/language.ts";
import type { Mailer } from "../mail/letter.ts";
import type { MessageName } from "../mail/message.ts";
import type { Content } from "../mail/render.ts";
import { acrossTenants, onceInTenant } from "../storage/scope.ts";
import type { Database, Statement } from "../storage/types.ts";
import { type Account, accountById } from "./accounts.store.ts";
import { sendFor } from "./adminMail.ts";
import { registrationById } from "./registrations.store.ts";
import { registrationToken } from "./registrations.ts";
import { tenantById } from "./tenants.store.ts";

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
type AccountMessage = Extract<MessageName, "accountExists" | "joinApproved" | "joinDeclined">;

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
  const token = registrationToken(parts.secretKeys, registrationId);
  const link = `${parts.publicUrl}/sign-up/confirm?token=${token}`;
  const { tenant, language } = serverOf(parts);
  // No name: until the mailbox is proven it is a text that anybody may have typed, for anybody to read.
  const content = { message: "registration", values: { link }, tenant, language, name: null } as const;
  await sendFor(job, parts.send, registration.email, content, signal);
}

async function mailAccount(parts: AccountMailParts, job: Claimed, signal: AbortSignal): Promise<void> {
  const { accountId, message } = job.payload as { accountId: string; message: AccountMessage };
  const account = await lookUp(parts.db, accountById(accountId));
  if (!account) throw new Hopeless("the account is gone");
  const place = message === "accountExists" ? serverOf(parts) : await tenantOf(parts, job.tenantId);
  const link = `${parts.publicUrl}/sso/start?${new URLSearchParams({ ...place.search, email: account.email })}`;
  const news = message === "joinDeclined" ? { message, values: {} } : { message, values: { link } };
  const { tenant, language } = place;
  await sendFor(job, parts.send, account.email, { ...news, tenant, language, name: nameOf(account) }, signal);
}

interface Place extends Pick<Content, "tenant" | "language"> {
  readonly search: Readonly<Record<string, string>>;
}

/** Where no tenant is known, the server speaks for itself. */
function serverOf({ publicUrl }: AccountMailParts): Place {
  return { tenant: new URL(publicUrl).host, language: "en", search: {} };
}

async function tenantOf({ db }: AccountMailParts, tenantId: string): Promise<Place> {
  const [[tenant]] = await onceInTenant(db, { tenantId }, tenantById(tenantId));
  if (!tenant) throw new Hopeless("the tenant is gone");
  const language = languageFor(tenant.settings.mail?.language);
  return { tenant: tenant.name, language, search: { tenant: tenant.slug } };
}

async function lookUp<Row>(db: Database, statement: Statement<Row>): Promise<Row | undefined> {
  return (await acrossTenants(db, { actor: { type: "system" }, now: new Date() }, ({ trx }) => trx.run(statement)))[0];
}

function nameOf({ name }: Account): string | null {
  return name.givenName ?? name.familyName ?? null;
}
