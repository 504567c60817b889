import { mailAddress } from "../base/mailAddress.ts";
import { Hopeless, type Claimed, type Handlers } from "../events/jobs.ts";
import { enqueueAll } from "../events/jobs.store.ts";
import { languageFor } from "../mail/language.ts";
import { LetterRefused, type Mailer } from "../mail/letter.ts";
import type { MessageName, MessageValues } from "../mail/message.ts";
import { render, type Content } from "../mail/render.ts";
import { onceInTenant } from "../storage/scope.ts";
import type { Database, Scope } from "../storage/types.ts";
import { adminsToWrite, recipient, type Recipient } from "./adminMail.store.ts";
import { displayNameOf, type Member } from "./member.ts";

/** A tenant with more admins than this has told enough of them. */
const MOST_ADMINS = 50;

/** A letter's name with its values. */
type News = { [N in MessageName]: { readonly message: N; readonly values: MessageValues[N] } }[MessageName];

/** Tells a tenant's active admins by mail, each with a job of its own, in the transaction of what they are told of. */
export async function mailAdmins({ trx, tenantId }: Pick<Scope, "trx" | "tenantId">, news: News): Promise<void> {
  const admins = await trx.run(adminsToWrite(tenantId, MOST_ADMINS));
  // The address is read when the mail goes out: a job that waits for hours holds nobody's personal data.
  const jobs = admins.map(({ id }) => ({ kind: "mail.send", payload: { memberId: id, ...news } }));
  if (jobs.length > 0) await enqueueAll({ trx, tenantId }, jobs);
}

/** The handlers of mail: `mail.admins` `{message, values}` for who knows no members, `mail.send` for each letter. */
export function mailJobs(db: Database, send: Mailer): Handlers {
  return {
    "mail.admins": { within: (scope, { payload }) => mailAdmins(scope, payload as unknown as News) },
    "mail.send": {
      outside: async (job, signal) => {
        const { memberId, ...news } = job.payload as unknown as News & { memberId: string };
        const [[to]] = await onceInTenant(db, job, recipient(job.tenantId, memberId));
        // Who administers no more since the mail was asked for is not to be told.
        if (to?.administers) await deliver(send, job, to, news, signal);
      },
    },
  };
}

async function deliver(send: Mailer, job: Claimed, to: Recipient, news: News, signal: AbortSignal): Promise<void> {
  const address = to.email === null ? null : mailAddress(to.email);
  if (address === null) throw new Hopeless("the recipient's e-mail is no address that mail can be sent to");
  const letter = { id: `job-${job.id}.${job.tenantId}`, to: address, ...render(contentOf(to, news)) };
  try {
    await send(letter, signal);
  } catch (error) {
    throw error instanceof LetterRefused ? new Hopeless(error.message, error) : error;
  }
}

function contentOf({ scim, tenant, language }: Recipient, news: News): Content {
  const name = displayNameOf(scim as Member["scim"]);
  return {
    ...news,
    tenant,
    name: name === "" ? null : name,
    language: languageFor(scim["preferredLanguage"], scim["locale"], language),
  };
}
