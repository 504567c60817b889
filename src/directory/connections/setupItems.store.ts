import type { Statement } from "../../storage/types.ts";

/** What can be made through a link. */
export type SetupKind = "connection" | "scim_token" | "domain";

/** Something that was made through a link. */
interface SetupItem {
  readonly id: string;
  readonly linkId: string;
  readonly kind: SetupKind;
  /** Its id; of a domain the name. */
  readonly thing: string;
}

/** What waits for an admin's yes. */
export interface SetupRequest {
  /** Another one each time that it is asked for. */
  readonly id: string;
  readonly linkId: string;
  readonly kind: SetupKind;
  /** Its id; of a domain the name. */
  readonly thing: string;
  /** What people call it. */
  readonly name: string;
  readonly requestedAt: Date;
}

/** A link that has not expired, which nobody deletes or counts by until the transaction ends; a row or none. */
export function lockLink(tenantId: string, id: string, now: Date): Statement<{ id: string }> {
  return {
    name: "setup_link_lock",
    text: "select id from setup_links where tenant_id = $1 and id = $2 and expires_at > $3 for no key update",
    values: [tenantId, id, now],
  };
}

/** Notes what was made, where the link has not made so many of the kind already; a row or none. */
export function insertItem(
  tenantId: string,
  { id, linkId, kind, thing }: SetupItem,
  most: number,
  now: Date,
): Statement<{ id: string }> {
  return {
    name: "setup_item_insert",
    text: `insert into setup_items (tenant_id, id, link_id, kind, thing, created_at)
      select $1, $2, $3, $4, $5, $7 where (select count(*) from setup_items
        where tenant_id = $1 and link_id = $3 and kind = $4) < $6
      on conflict (tenant_id, kind, thing, link_id) do update set thing = excluded.thing returning id`,
    values: [tenantId, id, linkId, kind, thing, most, now],
  };
}

/** Whether a thing was made through a link, and may still be changed by one; a row or none. */
export function openItem(
  tenantId: string,
  kind: SetupKind,
  thing: string,
): Statement<{ id: string; requestId: string | null }> {
  return {
    name: "setup_item_open",
    text: `select id, request_id as "requestId" from setup_items where tenant_id = $1 and kind = $2 and thing = $3 and done_at is null
      order by id limit 1`,
    values: [tenantId, kind, thing],
  };
}

/** Asks for a yes. */
export function writeRequest(tenantId: string, itemId: string, requestId: string, now: Date): Statement {
  return {
    name: "setup_request_write",
    text: "update setup_items set request_id = $3, requested_at = $4 where tenant_id = $1 and id = $2",
    values: [tenantId, itemId, requestId, now],
  };
}

/** Asks no more: what was to be approved is another thing now, or was declined. */
export function clearRequest(tenantId: string, kind: SetupKind, thing: string): Statement {
  return {
    name: "setup_request_clear",
    text: `update setup_items set request_id = null, requested_at = null where tenant_id = $1 and kind = $2 and thing = $3
      and request_id is not null`,
    values: [tenantId, kind, thing],
  };
}

/** Ends what links may do with a thing. */
export function markDone(tenantId: string, kind: SetupKind, thing: string, now: Date): Statement {
  return {
    name: "setup_item_done",
    text: `update setup_items set request_id = null, requested_at = null, done_at = $4
      where tenant_id = $1 and kind = $2 and thing = $3 and done_at is null`,
    values: [tenantId, kind, thing, now],
  };
}

const REQUEST = `i.request_id as id, i.link_id as "linkId", i.kind, i.thing, coalesce(c.name, s.name, d.domain) as name,
  i.requested_at as "requestedAt"`;
/** What was deleted meanwhile, or a domain that somebody else has proven, waits for nothing. */
const REQUESTED = `setup_items i
  left join connections c on c.tenant_id = i.tenant_id and i.kind = 'connection' and c.id::text = i.thing
  left join scim_tokens s on s.tenant_id = i.tenant_id and i.kind = 'scim_token' and s.id::text = i.thing
  left join domains d on d.tenant_id = i.tenant_id and i.kind = 'domain' and d.domain = i.thing and d.status <> 'verified'
  where i.tenant_id = $1 and i.request_id is not null and coalesce(c.name, s.name, d.domain) is not null`;

/** What waits for a yes, after an id. */
export function requestsAfter(tenantId: string, after: string, most: number): Statement<SetupRequest> {
  return {
    name: "setup_request_list",
    text: `select ${REQUEST} from ${REQUESTED} and i.request_id > $2 order by i.request_id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How much waits. */
export function countRequests(tenantId: string): Statement<{ count: number }> {
  return { name: "setup_request_count", text: `select count(*) from ${REQUESTED}`, values: [tenantId] };
}

/** One request, which nobody else decides until the transaction ends. */
export function lockRequest(tenantId: string, id: string): Statement<SetupRequest> {
  return {
    name: "setup_request_lock",
    text: `select ${REQUEST} from ${REQUESTED} and i.request_id = $2 for no key update of i`,
    values: [tenantId, id],
  };
}

/** Something made through a link, as its page shows it. */
export interface ShownItem {
  readonly kind: SetupKind;
  readonly thing: string;
  readonly name: string;
  /** Of a connection or domain. */
  readonly status: string | null;
  /** What the record of a domain must hold that is not proven yet. */
  readonly txtValue: string | null;
  /** Whether it waits for an admin's yes. */
  readonly isAsked: boolean;
  /** Of a connection: whether it may still be changed. */
  readonly isOpen: boolean;
}

/**
 * What a link's page shows: the drafts of all links, the tokens of this one, and domains that wait for their record or
 * that this link has added.
 */
export function shownItems(tenantId: string, linkId: string): Statement<ShownItem> {
  return {
    name: "setup_item_shown",
    text: `select 'connection' as kind, c.id::text as thing, c.name, c.status, null as "txtValue",
        bool_or(i.request_id is not null) as "isAsked",
        bool_or(i.done_at is null) and c.status in ('draft', 'tested') as "isOpen"
      from connections c join setup_items i on i.tenant_id = $1 and i.kind = 'connection' and i.thing = c.id::text
      where c.tenant_id = $1 group by c.id, c.name, c.status
      union all
      select 'scim_token', s.id::text, s.name, null, null, s.awaits_approval, false
      from scim_tokens s join setup_items i on i.tenant_id = $1 and i.kind = 'scim_token' and i.thing = s.id::text
      where s.tenant_id = $1 and i.link_id = $2
      union all
      select 'domain', d.domain, d.domain, d.status, case when d.status <> 'verified' then d.txt_value end,
        d.status <> 'verified' and exists (select from setup_items i where i.tenant_id = $1 and i.kind = 'domain'
          and i.thing = d.domain and i.request_id is not null), false
      from domains d
      where d.tenant_id = $1 and (d.status <> 'verified' or exists (select from setup_items i
        where i.tenant_id = $1 and i.kind = 'domain' and i.thing = d.domain and i.link_id = $2))
      order by kind, thing`,
    values: [tenantId, linkId],
  };
}
