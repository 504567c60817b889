import type { Statement } from "../../storage/types.ts";
import type { Cause, Leaver } from "./leaving.store.ts";

/** Somebody has left; what their application must reassign, and what became of it. */
export interface Offboarding {
  readonly id: string;
  readonly memberId: string;
  readonly cause: Cause;
  readonly status: OffboardingStatus;
  /** What there is to reassign, in ids, as the event told it. */
  readonly leaves: Readonly<Record<string, unknown>>;
  /** The member whom an admin named. */
  readonly reassignTo: string | null;
  /** The members who took over, as the application said. */
  readonly reassignedTo: readonly string[];
  /** Who it is, for as long as their erasure waits, or for the minute after it. */
  readonly person: Leaver["person"];
  readonly createdAt: Date;
  /** Null where nothing waits. */
  readonly dueAt: Date | null;
  readonly endedAt: Date | null;
}

export const offboardingStatuses = ["open", "acknowledged", "overdue"] as const;
/** `overdue`: the application did not say in time who took over. */
export type OffboardingStatus = (typeof offboardingStatuses)[number];

const OFFBOARDING = `id, member_id as "memberId", cause, status, leaves, reassign_to as "reassignTo",
  reassigned_to as "reassignedTo", person, created_at as "createdAt", due_at as "dueAt", ended_at as "endedAt"`;

/** Those after an id, of one status where it is given. */
export function offboardingsAfter(
  tenantId: string,
  status: OffboardingStatus | null,
  after: string,
  most: number,
): Statement<Offboarding> {
  return {
    name: "offboarding_list",
    text: `select ${OFFBOARDING} from offboardings where tenant_id = $1 and id > $3 and ($2::text is null or status = $2)
      order by id limit $4`,
    values: [tenantId, status, after, most],
  };
}

/** How many there are. */
export function countOffboardings(tenantId: string, status: OffboardingStatus | null): Statement<{ count: number }> {
  return {
    name: "offboarding_count",
    text: "select count(*) from offboardings where tenant_id = $1 and ($2::text is null or status = $2)",
    values: [tenantId, status],
  };
}

/** One of them. */
export function offboardingById(tenantId: string, id: string): Statement<Offboarding> {
  return {
    name: "offboarding_by_id",
    text: `select ${OFFBOARDING} from offboardings where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  };
}

/** The same, and nobody else ends it until the transaction does. */
export function lockOffboarding(tenantId: string, id: string): Statement<Offboarding> {
  return {
    name: "offboarding_lock",
    text: `select ${OFFBOARDING} from offboardings where tenant_id = $1 and id = $2 for update`,
    values: [tenantId, id],
  };
}

/** Ends it, or writes who took over after its end; whoever waited for an erasure is known no more. */
export function endOffboarding(
  tenantId: string,
  { id, status, reassignedTo }: Pick<Offboarding, "id" | "status" | "reassignedTo">,
  now: Date,
): Statement<Offboarding> {
  return {
    name: "offboarding_end",
    text: `update offboardings set status = $3, reassigned_to = $4, ended_at = coalesce(ended_at, $5),
        person = case when due_at is null then person end
      where tenant_id = $1 and id = $2 returning ${OFFBOARDING}`,
    values: [tenantId, id, status, reassignedTo, now],
  };
}

/** Forgets who it was. */
export function forgetLeaver(tenantId: string, id: string): Statement {
  return {
    name: "offboarding_forget",
    text: "update offboardings set person = null where tenant_id = $1 and id = $2",
    values: [tenantId, id],
  };
}

/** Which of these members there are. */
export function membersThere(tenantId: string, ids: readonly string[]): Statement<{ id: string }> {
  return {
    name: "offboarding_members_there",
    text: "select id from members where tenant_id = $1 and id = any(array(select unnest($2::uuid[])))",
    values: [tenantId, ids],
  };
}
