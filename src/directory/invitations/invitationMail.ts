import { Hopeless, type Claimed, type Handlers } from "../../events/jobs.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { AccountMailParts } from "../accounts/accountMail.ts";
import { recipient } from "../tenants/adminMail.store.ts";
import { deliver } from "../tenants/adminMail.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import { invitationToMail } from "./invitations.store.ts";
import { invitationTokens, invitationUrl } from "./inviteToken.ts";

/**
 * The handlers `mail.invitation` `{memberId, serial}` and `mail.welcome` `{memberId}`. The token is worked out as the mail
 * goes out; one that was sent again, accepted or taken back meanwhile is not mailed.
 */
export function invitationMail(parts: AccountMailParts): Handlers {
  return {
    "mail.invitation": { outside: (job, signal) => mailInvitation(parts, job, signal) },
    "mail.welcome": { outside: (job, signal) => mailWelcome(parts, job, signal) },
  };
}

async function mailInvitation(parts: AccountMailParts, job: Claimed, signal: AbortSignal): Promise<void> {
  const { memberId, serial } = job.payload as { memberId: string; serial: number };
  const { tenantId } = job;
  const [[found], [to]] = await onceInTenant(
    parts.db,
    job,
    invitationToMail(tenantId, memberId, serial, new Date()),
    recipient(tenantId, memberId),
  );
  if (!found || !to) return;
  const tokens = invitationTokens(parts.secretKeys, { tenantId, memberId, serial, emailKey: found.emailKey });
  // Keys may have been rotated since.
  const token = tokens.find(({ hash }) => hash.equals(found.hash))?.token;
  if (token === undefined) throw new Hopeless("no key of USHER_SECRET_KEY makes the token of this invitation");
  const link = invitationUrl(parts.publicUrl, token);
  await deliver(parts.send, job, to, { message: "invitation", values: { link } }, signal);
}

/** To somebody who is a member already: where they sign in. No password is in any letter. */
async function mailWelcome(parts: AccountMailParts, job: Claimed, signal: AbortSignal): Promise<void> {
  const { memberId } = job.payload as { memberId: string };
  const { tenantId } = job;
  const reads = [recipient(tenantId, memberId), tenantById(tenantId)] as const;
  const [[to], [tenant]] = await onceInTenant(parts.db, job, ...reads);
  if (!to || !tenant) return;
  const link = `${parts.publicUrl}/sso/start?${new URLSearchParams({ tenant: tenant.slug })}`;
  await deliver(parts.send, job, to, { message: "welcome", values: { link } }, signal);
}
