import type { Statement } from "../../storage/types.ts";

/** What a link lets its holder set up. */
export const setupIntents = ["sso", "scim", "domain"] as const;
export type SetupIntent = (typeof setupIntents)[number];

/** A setup link. Of its secret and its session's only hashes are stored. */
export interface SetupLink {
  readonly id: string;
  readonly intents: readonly SetupIntent[];
  /** Whose permission it lives by. */
  readonly creatorType: "operator" | "member" | "api_key";
  readonly creatorId: string | null;
  readonly createdAt: Date;
  /** Of the link and of the session that it was redeemed for. */
  readonly expiresAt: Date;
  readonly redeemedAt: Date | null;
  /** Of the browser that redeemed it. */
  readonly ip: string | null;
  readonly userAgent: string | null;
}

const LINK = `id, intents, creator_type as "creatorType", creator_id as "creatorId", created_at as "createdAt",
  expires_at as "expiresAt", redeemed_at as "redeemedAt", ip, user_agent as "userAgent"`;

/** How long an expired link is kept, for its admin to read who redeemed it; what it left undone is kept as long. */
const KEPT = "30 days";

/** A new link; a few of the tenant's that expired long ago go, with the tokens that nobody has approved since. */
export function insertSetupLink(
  tenantId: string,
  link: Pick<SetupLink, "id" | "intents" | "creatorType" | "creatorId" | "createdAt" | "expiresAt">,
  hash: Buffer,
): Statement {
  const { id, intents, creatorType, creatorId, createdAt, expiresAt } = link;
  return {
    name: "setup_link_insert",
    text: `with old as (select id from setup_links where tenant_id = $1 and expires_at < $7::timestamptz - interval '${KEPT}'
        limit 20),
      tokens as (${DELETE_WAITING} (select id from old))),
      swept as (delete from setup_links where tenant_id = $1 and id in (select id from old))
      insert into setup_links (tenant_id, id, hash, intents, creator_type, creator_id, created_at, expires_at)
        values ($1,$2,$3,$4,$5,$6,$7,$8)`,
    values: [tenantId, id, hash, intents, creatorType, creatorId, createdAt, expiresAt],
  };
}

/** What waits for a yes is of no use without its link. */
const DELETE_WAITING = `delete from scim_tokens t using setup_items i where t.tenant_id = $1 and t.awaits_approval
  and i.tenant_id = $1 and i.kind = 'scim_token' and i.thing = t.id::text and (i.link_id in`;

/** Links after an id. */
export function setupLinksAfter(tenantId: string, after: string, most: number): Statement<SetupLink> {
  return {
    name: "setup_link_list",
    text: `select ${LINK} from setup_links where tenant_id = $1 and id > $2 order by id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countSetupLinks(tenantId: string): Statement<{ count: number }> {
  return {
    name: "setup_link_count",
    text: "select count(*) from setup_links where tenant_id = $1",
    values: [tenantId],
  };
}

/** Deletes a link with its session and what waits for a yes; a row or none. */
export function deleteSetupLink(tenantId: string, id: string): Statement<{ id: string }> {
  return {
    name: "setup_link_delete",
    text: `with tokens as (${DELETE_WAITING} ($2)))
      delete from setup_links where tenant_id = $1 and id = $2 returning id`,
    values: [tenantId, id],
  };
}

/** The link of a secret that has not expired. */
export function setupLinkByHash(tenantId: string, hash: Buffer, now: Date): Statement<SetupLink> {
  return {
    name: "setup_link_by_hash",
    text: `select ${LINK} from setup_links where tenant_id = $1 and hash = $2 and expires_at > $3`,
    values: [tenantId, hash, now],
  };
}

/** The link whose session has this cookie and has not expired. */
export function setupLinkBySession(tenantId: string, sessionHash: Buffer, now: Date): Statement<SetupLink> {
  return {
    name: "setup_link_by_session",
    text: `select ${LINK} from setup_links where tenant_id = $1 and session_hash = $2 and expires_at > $3`,
    values: [tenantId, sessionHash, now],
  };
}

/** Redeems a link, once, whoever else tries at the same time; a row or none. */
export function redeemLink(
  tenantId: string,
  id: string,
  session: { readonly hash: Buffer; readonly ip: string | null; readonly userAgent: string | null },
  now: Date,
): Statement<{ id: string }> {
  return {
    name: "setup_link_redeem",
    text: `update setup_links set redeemed_at = $6, session_hash = $3, ip = $4, user_agent = $5
      where tenant_id = $1 and id = $2 and redeemed_at is null and expires_at > $6 returning id`,
    values: [tenantId, id, session.hash, session.ip, session.userAgent, now],
  };
}

/** Ends the session of a link: nobody can redeem it again. */
export function endSetup(tenantId: string, id: string, now: Date): Statement {
  return {
    name: "setup_link_end",
    text: "update setup_links set expires_at = least(expires_at, $3) where tenant_id = $1 and id = $2",
    values: [tenantId, id, now],
  };
}

/** A member's standing, or an API key's, as what a link lives by; no row where there is no such creator any more. */
export function creatorStanding(
  tenantId: string,
  { creatorType, creatorId }: Pick<SetupLink, "creatorType" | "creatorId">,
  now: Date,
): Statement<{ roles: readonly string[]; permissions: readonly string[] }> {
  return creatorType === "member"
    ? {
        name: "setup_creator_member",
        text: `select roles, '{}'::text[] as permissions from members
          where tenant_id = $1 and id = $2 and status = 'active'`,
        values: [tenantId, creatorId],
      }
    : {
        name: "setup_creator_key",
        text: `select '{}'::text[] as roles, permissions from api_keys
          where tenant_id = $1 and id = $2 and (expires_at is null or expires_at > $3)`,
        values: [tenantId, creatorId, now],
      };
}

/** Whether anybody is in the tenant whom something that goes live could reach; a row or none. */
export function anyActive(tenantId: string): Statement<{ id: string }> {
  return {
    name: "setup_any_active",
    text: "select id from members where tenant_id = $1 and status = 'active' limit 1",
    values: [tenantId],
  };
}
