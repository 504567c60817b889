import { Refusal } from "../../base/errors.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Statement, Who } from "../../storage/types.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { completeSettings, type Quota } from "../tenants/tenantSettings.ts";
import { invitationsMade } from "./invitations.store.ts";

const DAY_MS = 86_400_000;

/** How many invitations a tenant may still make; all null where there is no end to it. */
export interface QuotaState {
  readonly kind: Quota["kind"];
  readonly max: number | null;
  readonly remaining: number | null;
  /** When a daily one begins anew. */
  readonly resetsAt: Date | null;
}

/** The day of a moment, in UTC. */
export function dayOf(now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
}

/** Reads what was made, for `quotaState`. */
export function made(tenantId: string, now: Date): Statement<{ today: number; ever: number }> {
  return invitationsMade(tenantId, dayOf(now));
}

/** What is left of a quota. Invitations count as they are made; sending one again and links make none. */
export function quotaState(quota: Quota, { today, ever }: { today: number; ever: number }, now: Date): QuotaState {
  if (quota.kind === "none") return { kind: "none", max: null, remaining: null, resetsAt: null };
  const { kind, max } = quota;
  const remaining = Math.max(0, max - (kind === "daily" ? today : ever));
  return { kind, max, remaining, resetsAt: kind === "daily" ? new Date(dayOf(now).getTime() + DAY_MS) : null };
}

/** What a tenant may still make. */
export async function readQuota(db: Database, who: Who, { settings, planQuota }: Tenant): Promise<QuotaState> {
  const [[counted = { today: 0, ever: 0 }]] = await onceInTenant(db, who, made(who.tenantId, who.now));
  return quotaState(completeSettings(settings, planQuota).invitations.quota, counted, who.now);
}

/** The refusal past the quota, with what is left of it. */
export function quotaExceeded({ kind, max, remaining, resetsAt }: QuotaState, now: Date): Refusal {
  const left = remaining === 0 ? "none is left" : `${remaining} of them ${remaining === 1 ? "is" : "are"} left`;
  const which = kind === "daily" ? `${max} invitations a day` : `${max} invitations in all`;
  const what = kind === "daily" ? "Send the others tomorrow, or ask for a larger plan" : "Ask for a larger plan";
  const retryAfterSeconds = resetsAt && Math.ceil((resetsAt.getTime() - now.getTime()) / 1000);
  const extra = { kind, max, remaining, ...(retryAfterSeconds !== null && { retryAfterSeconds }) };
  return new Refusal("invitation_quota_exceeded", `Your plan has ${which}, and ${left}. ${what}.`, { extra });
}
