import { mailAddress } from "../../base/mailAddress.ts";
import { Hopeless, type Claimed, type Handlers } from "../../events/jobs.ts";
import { enqueueAll } from "../../events/jobs.store.ts";
import { languageFor } from "../../mail/language.ts";
import { LetterRefused, type Mailer } from "../../mail/letter.ts";
import type { MessageName, MessageValues } from "../../mail/message.ts";
import { render, type Content } from "../../mail/render.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { adminsToWrite, recipient, standInsToWrite, type Recipient } from "./adminMail.store.ts";
import { displayNameOf, type Member } from "../members/member.ts";
import { underLock } from "../members/underLock.ts";

/** A tenant with more admins than this has told enough of them. */
const MOST_ADMINS = 50;

/** A letter's name with its values. */
export type News = { [N in MessageName]: { readonly message: N; readonly values: MessageValues[N] } }[MessageName];

/** Tells a tenant's active admins by mail, each with a job of its own, in the transaction of what they are told of. */
export async function mailAdmins(scope: Pick<Scope, "trx" | "tenantId">, news: News): Promise<void> {
  await mailTo(scope, await scope.trx.run(adminsToWrite(scope.tenantId, MOST_ADMINS)), news);
}

/** Tells those who are meant to administer, where nobody does: the last admin is gone and is not to be written to. */
async function mailStandIns(db: Database, scope: Scope): Promise<void> {
  const { rules } = await underLock(db, scope);
  const standIns = await scope.trx.run(standInsToWrite(scope.tenantId, rules.adminRoles, MOST_ADMINS));
  await mailTo(scope, standIns, { message: "tenantAdminless", values: {} });
}

async function mailTo(
  scope: Pick<Scope, "trx" | "tenantId">,
  to: readonly { id: string }[],
  news: News,
): Promise<void> {
  // The address is read when the mail goes out: a job that waits for hours holds nobody's personal data.
  const jobs = to.map(({ id }) => ({ kind: "mail.send", payload: { memberId: id, ...news } }));
  if (jobs.length > 0) await enqueueAll(scope, jobs);
}

/**
 * The handlers of mail: `mail.admins` `{message, values}` for who knows no members, `mail.stand-ins` where a tenant has no
 * admin, `mail.send` for each letter.
 */
export function mailJobs(db: Database, send: Mailer): Handlers {
  return {
    "mail.admins": { within: (scope, { payload }) => mailAdmins(scope, payload as unknown as News) },
    "mail.stand-ins": { within: (scope) => mailStandIns(db, scope) },
    "mail.send": {
      outside: async (job, signal) => {
        const { memberId, ...news } = job.payload as unknown as News & { memberId: string };
        const [[to]] = await onceInTenant(db, job, recipient(job.tenantId, memberId));
        // Who administers no more since the mail was asked for is not to be told, nor who is no longer needed to.
        const wanted = news.message === "tenantAdminless" ? to?.mayTakeOver : to?.administers;
        if (to && wanted) await deliver(send, job, to, news, signal);
      },
    },
  };
}

/** Sends a member's letter to the address that they have now. */
export async function deliver(
  send: Mailer,
  job: Claimed,
  to: Recipient,
  news: News,
  signal: AbortSignal,
): Promise<void> {
  const address = to.email === null ? null : mailAddress(to.email);
  if (address === null) throw new Hopeless("the recipient's e-mail is no address that mail can be sent to");
  await sendFor(job, send, address, contentOf(to, news), signal);
}

/** Sends the letter of a job; what a server refuses for good is tried no more. */
export async function sendFor(
  job: Claimed,
  send: Mailer,
  to: string,
  content: Content,
  signal: AbortSignal,
): Promise<void> {
  try {
    await send({ id: `job-${job.id}.${job.tenantId}`, to, ...render(content) }, signal);
  } catch (error) {
    throw error instanceof LetterRefused ? new Hopeless(error.message, error) : error;
  }
}

function contentOf({ scim, locale, tenant, language }: Recipient, news: News): Content {
  const name = displayNameOf(scim as Member["scim"]);
  return {
    ...news,
    tenant,
    name: name === "" ? null : name,
    language: languageFor(locale, scim["preferredLanguage"], scim["locale"], language),
  };
}
