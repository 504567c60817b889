import type { ApprovalReason } from "../../admission/domainJoin.ts";
import type { Statement } from "../../storage/types.ts";
import type { PersonName } from "../members/memberEdits.ts";

/** Who wants in by a domain and needs an admin's yes. */
export interface JoinRequest {
  readonly id: string;
  readonly accountId: string;
  readonly email: string;
  readonly name: PersonName;
  readonly domain: string;
  readonly reason: ApprovalReason;
  readonly status: "pending" | "approved" | "declined";
  /** Whom an approval made. */
  readonly memberId: string | null;
  readonly createdAt: Date;
  readonly decidedAt: Date | null;
}

const REQUEST = `id, account_id as "accountId", email, name, domain, reason, status, member_id as "memberId",
  created_at as "createdAt", decided_at as "decidedAt"`;

/** A new request; no row where the account has asked here already, whatever was decided then. */
export function insertJoinRequest(
  tenantId: string,
  request: Pick<JoinRequest, "id" | "accountId" | "email" | "name" | "domain" | "reason" | "createdAt">,
  emailKey: string,
): Statement<{ id: string }> {
  const { id, accountId, email, name, domain, reason, createdAt } = request;
  return {
    name: "join_request_insert",
    text: `insert into join_requests (tenant_id, id, account_id, email, email_key, name, domain, reason, created_at)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9) on conflict (tenant_id, account_id) do nothing returning id`,
    values: [tenantId, id, accountId, email, emailKey, JSON.stringify(name), domain, reason, createdAt],
  };
}

/** How many wait, and whether another one asked after a moment. */
export function pendingRequests(
  tenantId: string,
  exceptId: string,
  since: Date,
): Statement<{ waiting: number; others: boolean }> {
  return {
    name: "join_request_pending",
    text: `select count(*) as waiting, coalesce(bool_or(id <> $2 and created_at > $3), false) as others
      from join_requests where tenant_id = $1 and status = 'pending'`,
    values: [tenantId, exceptId, since],
  };
}

/** One request, which nobody else decides until the transaction ends. */
export function lockJoinRequest(tenantId: string, id: string): Statement<JoinRequest> {
  return {
    name: "join_request_lock",
    text: `select ${REQUEST} from join_requests where tenant_id = $1 and id = $2 for no key update`,
    values: [tenantId, id],
  };
}

/** Requests of a status, or of any, after an id. */
export function joinRequestsAfter(
  tenantId: string,
  status: JoinRequest["status"] | null,
  after: string,
  most: number,
): Statement<JoinRequest> {
  return {
    name: "join_request_list",
    text: `select ${REQUEST} from join_requests where tenant_id = $1 and ($2::text is null or status = $2) and id > $3
      order by id limit $4`,
    values: [tenantId, status, after, most],
  };
}

/** How many there are. */
export function countJoinRequests(
  tenantId: string,
  status: JoinRequest["status"] | null,
): Statement<{ count: number }> {
  return {
    name: "join_request_count",
    text: "select count(*) from join_requests where tenant_id = $1 and ($2::text is null or status = $2)",
    values: [tenantId, status],
  };
}

/** Writes what was decided. */
export function decideJoinRequest(
  tenantId: string,
  id: string,
  decision: { readonly status: "approved" | "declined"; readonly memberId: string | null },
  now: Date,
): Statement<JoinRequest> {
  return {
    name: "join_request_decide",
    text: `update join_requests set status = $3, member_id = $4, decided_at = $5 where tenant_id = $1 and id = $2
      returning ${REQUEST}`,
    values: [tenantId, id, decision.status, decision.memberId, now],
  };
}
