import type { Statement } from "../../storage/types.ts";
import { AUTO_JOIN, type AutoJoin } from "./domains.store.ts";

/** What joining by a domain asks of a tenant. */
export interface JoinFacts {
  readonly name: string;
  readonly slug: string;
  /** Null where the domain is not, or no longer, the tenant's. */
  readonly autoJoin: AutoJoin | null;
  readonly connected: boolean;
  readonly removed: boolean;
  readonly taken: boolean;
  /** Whether the account has asked for it before, whatever was answered. */
  readonly asked: boolean;
  /** Whom the account is here already. */
  readonly memberId: string | null;
}

/** Reads them in the transaction of the join. */
export function joinFacts(
  tenantId: string,
  { domain, emailKey, accountId }: { domain: string; emailKey: string; accountId: string },
): Statement<JoinFacts> {
  return {
    name: "auto_join_facts",
    text: `select t.name, t.slug, (select ${AUTO_JOIN} from domains d where d.tenant_id = $1 and d.domain = $2
          and d.status = 'verified') as "autoJoin",
        exists (select from connections c where c.tenant_id = $1 and c.status = 'enabled') as connected,
        exists (select from tombstones b where b.tenant_id = $1 and b.email_key = $3) as removed,
        exists (select from members m where m.tenant_id = $1 and (m.email_key = $3 or m.user_name_key = $3)) as taken,
        exists (select from join_requests r where r.tenant_id = $1 and r.account_id = $4) as asked,
        (select a.member_id from account_members a where a.tenant_id = $1 and a.account_id = $4) as "memberId"
      from tenants t where t.id = $1 and t.deleted_at is null`,
    values: [tenantId, domain, emailKey, accountId],
  };
}

/** Attaches an account to the member that it has become. */
export function attachAccount(tenantId: string, accountId: string, memberId: string, now: Date): Statement {
  return {
    name: "account_attach",
    text: `insert into account_members (tenant_id, account_id, member_id, attached_at) values ($1,$2,$3,$4)`,
    values: [tenantId, accountId, memberId, now],
  };
}
