import type { Handlers } from "../../events/jobs.ts";
import { event } from "../../events/event.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { changeUnderLock } from "../members/changeMember.ts";
import type { Via } from "../members/createMember.ts";
import { relocked, underLock, type Locked } from "../members/underLock.ts";
import { dueInvitations, endInvitation } from "./invitations.store.ts";

/** The job that ends a tenant's invitations whose time is over; each sending asks for one at its end. */
export const EXPIRY_JOB = "invitations.expire";
/** Of one transaction, which holds the lock of the tenant's seats. */
const AT_ONCE = 100;
/** A seat that is given back goes to the next in line; nothing is asked for. */
const LAPSES: Via = { door: "admin", act: "effect", loss: "effect" };

/** Its handler: the seats that invitations held are free again (rule 9); more than a batch of them are the next job's. */
export function inviteExpiry(db: Database): Handlers {
  return {
    [EXPIRY_JOB]: {
      within: async (scope) => {
        const locked = await underLock(db, scope);
        const due = await scope.trx.run(dueInvitations(scope.tenantId, scope.now, AT_ONCE));
        for (const { id, joined } of due) {
          await endWith(scope, locked, id, "expired", joined);
        }
        if (due.length === AT_ONCE) await enqueue(scope, { kind: EXPIRY_JOB });
      },
    },
  };
}

/** Ends an invitation unaccepted, under the lock, with the seat that it held; `joined` by another way nothing is lost. */
export async function endWith(
  scope: Scope,
  locked: Locked,
  id: string,
  how: "expired" | "revoked",
  joined: boolean,
): Promise<void> {
  await scope.trx.run(endInvitation(scope.tenantId, id, how, scope.now));
  if (joined) return;
  const make = <M>(member: M): M => ({ ...member, invitationLapsed: true });
  await changeUnderLock(scope, await relocked(scope, locked), id, { make }, LAPSES);
  await record(scope, event(scope, `invitation.${how}`, { type: "invitation", id }));
}
