import type { Statement } from "../../storage/types.ts";
import type { Creator } from "./invitations.store.ts";

/** A link by which whoever holds it joins with a role. Of its token only a hash is stored. */
export interface InviteLink extends Creator {
  readonly id: string;
  readonly role: string;
  readonly expiresAt: Date | null;
  /** Null = as many as like. */
  readonly maxUses: number | null;
  /** How many have joined by it. */
  readonly uses: number;
  /** Whose addresses alone may join by it; none = any. */
  readonly allowedDomains: readonly string[];
  readonly createdAt: Date;
}

const LINK = `id, role, expires_at as "expiresAt", max_uses as "maxUses", uses, allowed_domains as "allowedDomains",
  creator_type as "creatorType", creator_id as "creatorId", created_at as "createdAt"`;

/** Writes the link of a role; the one before is no more, and neither is what was counted of it. */
export function writeInviteLink(
  tenantId: string,
  link: Omit<InviteLink, "uses">,
  hash: Buffer,
): Statement<{ replaced: boolean }> {
  const { role, id, expiresAt, maxUses, allowedDomains, creatorType, creatorId, createdAt } = link;
  return {
    name: "invite_link_write",
    text: `with gone as (select from invite_links where tenant_id = $1 and role = $2)
      insert into invite_links (tenant_id, role, id, hash, expires_at, max_uses, allowed_domains, creator_type, creator_id,
        created_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)
      on conflict (tenant_id, role) do update set (id, hash, expires_at, max_uses, uses, allowed_domains, creator_type,
        creator_id, created_at) = row($3,$4,$5,$6,0,$7,$8,$9,$10)
      returning exists (select from gone) as replaced`,
    values: [tenantId, role, id, hash, expiresAt, maxUses, allowedDomains, creatorType, creatorId, createdAt],
  };
}

/** The links of a tenant after an id. */
export function inviteLinksAfter(tenantId: string, after: string, most: number): Statement<InviteLink> {
  return {
    name: "invite_link_list",
    text: `select ${LINK} from invite_links where tenant_id = $1 and id > $2 order by id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countInviteLinks(tenantId: string): Statement<{ count: number }> {
  return {
    name: "invite_link_count",
    text: "select count(*) from invite_links where tenant_id = $1",
    values: [tenantId],
  };
}

/** Deletes the link of a role; a row or none. */
export function deleteInviteLink(tenantId: string, role: string): Statement<{ id: string }> {
  return {
    name: "invite_link_delete",
    text: "delete from invite_links where tenant_id = $1 and role = $2 returning id",
    values: [tenantId, role],
  };
}

/** The link of a token, in time and not used up. */
export function inviteLinkByHash(tenantId: string, hash: Buffer, now: Date): Statement<InviteLink> {
  return {
    name: "invite_link_by_hash",
    text: `select ${LINK} from invite_links where tenant_id = $1 and hash = $2 and (expires_at is null or expires_at > $3)
      and (max_uses is null or uses < max_uses)`,
    values: [tenantId, hash, now],
  };
}

/** Counts somebody who joins by it, under the lock of the tenant's seats; a row, or none where it is no more. */
export function useInviteLink(tenantId: string, hash: Buffer): Statement<{ id: string }> {
  return {
    name: "invite_link_use",
    text: `update invite_links set uses = uses + 1 where tenant_id = $1 and hash = $2
      and (max_uses is null or uses < max_uses) returning id`,
    values: [tenantId, hash],
  };
}

/** What joining by a link asks of the tenant: whether somebody was removed, is here, and by which member. */
interface LinkFacts {
  readonly removed: boolean;
  /** A member who has the address, as e-mail or user name. */
  readonly taken: { readonly id: string; readonly invited: boolean } | null;
  /** Whom the account is here already. */
  readonly memberId: string | null;
}

/** Reads it. */
export function linkFacts(
  tenantId: string,
  { emailKey, accountId }: { readonly emailKey: string; readonly accountId: string | null },
): Statement<LinkFacts> {
  return {
    name: "invite_link_facts",
    text: `select exists (select from tombstones b where b.tenant_id = $1 and b.email_key = $2) as removed,
        (select jsonb_build_object('id', m.id, 'invited', m.joined_at is null and not m.hold) from members m
          where m.tenant_id = $1 and (m.email_key = $2 or m.user_name_key = $2) order by m.joined_at is null limit 1) as taken,
        (select a.member_id from account_members a where a.tenant_id = $1 and a.account_id = $3::uuid) as "memberId"`,
    values: [tenantId, emailKey, accountId],
  };
}
