import { event } from "../../events/event.ts";
import { insertEvent } from "../../events/journal.store.ts";
import type { Scope } from "../../storage/types.ts";
import type { Member } from "../members/member.ts";
import { newCredential } from "../tenants/credential.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { completeSettings } from "../tenants/tenantSettings.ts";
import { writeInvitation } from "./invitations.store.ts";
import { creatorOf } from "./inviteBacking.ts";
import { invitationTokens } from "./inviteToken.ts";

const DAY_MS = 86_400_000;

/** When what a tenant sends out now is over, by its setting `invitations.ttlDays`. */
export function endOf({ settings, planQuota }: Tenant, now: Date): Date {
  return new Date(now.getTime() + completeSettings(settings, planQuota).invitations.ttlDays * DAY_MS);
}

/** How an invitation goes out. */
export interface Sending {
  readonly secretKeys: readonly Buffer[];
  /** By mail alone; else the token is in the answer alone. */
  readonly mailed: boolean;
  readonly expiresAt: Date;
}

/**
 * Writes an invitation as it goes out, for the first time or again: whatever opened it before opens nothing any more.
 *
 * @returns the token, or null where it goes by mail
 */
export async function sendOut(
  scope: Scope,
  { id: memberId, emailKey, entrance, granted: roles }: Member,
  serial: number,
  { secretKeys, mailed, expiresAt }: Sending,
): Promise<string | null> {
  if (emailKey === null) throw new Error("an invitation without an address");
  const { tenantId, now, trx } = scope;
  const [derived] = mailed ? invitationTokens(secretKeys, { tenantId, memberId, serial, emailKey }) : [];
  const { token, hash } = derived ?? newCredential("usi", tenantId);
  const sending = { memberId, serial, hash, emailKey, mailed, expiresAt, ...creatorOf(scope) };
  const type = serial === 1 ? "invitation.created" : "invitation.resent";
  const told = event(scope, type, { type: "invitation", id: memberId }, { entrance, roles, mailed, expiresAt });
  await trx.all(writeInvitation(tenantId, sending, now), insertEvent(tenantId, told));
  return mailed ? null : token;
}
