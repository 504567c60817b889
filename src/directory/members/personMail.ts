import type { Handlers } from "../../events/jobs.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { Mailer } from "../../mail/letter.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { recipient } from "../tenants/adminMail.store.ts";
import { deliver, type News } from "../tenants/adminMail.ts";

/** What a member is told of their own sign-in. */
export type PersonNews = Extract<
  News,
  {
    message:
      | "totpAdded"
      | "totpRemoved"
      | "passkeyAdded"
      | "passkeyRemoved"
      | "factorsCleared"
      | "recoveryCodesMade"
      | "recoveryCodeUsed"
      | "passwordChanged";
  }
>;

/** Tells a member by mail, in the transaction of what they are told of. */
export async function mailPerson(
  scope: Pick<Scope, "trx" | "tenantId">,
  memberId: string,
  news: PersonNews,
): Promise<void> {
  await enqueue(scope, { kind: "mail.person", payload: { memberId, ...news } });
}

/** The handler `mail.person` `{memberId, message, values}`; who has no address is told nothing. */
export function personMail(db: Database, send: Mailer): Handlers {
  return {
    "mail.person": {
      outside: async (job, signal) => {
        const { memberId, ...news } = job.payload as unknown as PersonNews & { memberId: string };
        const [[to]] = await onceInTenant(db, job, recipient(job.tenantId, memberId));
        if (to && to.email !== null) await deliver(send, job, to, news, signal);
      },
    },
  };
}
