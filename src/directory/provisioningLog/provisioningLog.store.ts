import type { Statement } from "../../storage/types.ts";
import type { PersonKeys, ProvisioningLine } from "./provisioningLine.ts";

/** Every column of a line with its type; the keys are those of `ProvisioningLine`, the order is that of the values. */
const COLUMNS = {
  tenantId: ["tenant_id", "uuid"],
  id: ["id", "uuid"],
  at: ["at", "timestamptz"],
  tokenId: ["token_id", "uuid"],
  tokenName: ["token_name", "text"],
  method: ["method", "text"],
  path: ["path", "text"],
  query: ["query", "text"],
  status: ["status", "integer"],
  scimType: ["scim_type", "text"],
  detail: ["detail", "text"],
  resourceId: ["resource_id", "uuid"],
  userNameKey: ["user_name_key", "text"],
  emailKey: ["email_key", "text"],
  externalId: ["external_id", "text"],
  found: ["found", "integer"],
  tolerated: ["tolerated", "text[]"],
  durationMs: ["duration_ms", "real"],
  userAgent: ["user_agent", "text"],
  times: ["times", "integer"],
} as const satisfies Record<keyof ProvisioningLine, readonly [column: string, type: string]>;

const columns = Object.entries(COLUMNS) as [keyof ProvisioningLine, readonly [string, string]][];
const names = columns.map(([, [column]]) => column).join(",");

/** Events of a line, at most: the first is that of the resource itself, and what a change made of others may be thousands. */
const MOST_EVENTS = 20;

/** The values of a written line, but for its resource, where it was created, and its time. */
function written(created: string): string {
  const value = (key: keyof ProvisioningLine, place: string): string => {
    if (key === "resourceId") return `coalesce(${place}, ${created})`;
    // Of one clock: how long the transaction has taken, after what was measured before it.
    const since = "extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000";
    return key === "durationMs" ? `${place} + ${since}` : place;
  };
  return columns.map(([key, [, type]], i) => value(key, `$${i + 1}::${type}`)).join(",");
}

const EVENTS = columns.length + 1;
const INSERT_WITH_ONE = `insert into provisioning_log (${names},events)
  select ${written("case when told.type like '%.created' then told.target_id end")}, array[told.id]
  from events told where told.tenant_id = $1::uuid and told.id = $${EVENTS}::uuid returning id`;
const INSERT_WITH_SEVERAL = `with told as (select id, type, target_id from events
    where tenant_id = $1::uuid and id = any($${EVENTS}::uuid[]))
  insert into provisioning_log (${names},events)
  select ${written("(select target_id from told where type like '%.created' order by id limit 1)")},
    array(select id from told order by id limit ${MOST_EVENTS})
  where exists (select from told) returning id`;

/**
 * The line of a write, for its transaction: a row, or none where none of these events was written, which is to say that
 * nothing was.
 *
 * One event, as nearly every write has, is named by itself, in a statement that costs half: and PostgreSQL takes an array
 * that it does not see for ten values, thinks a plan for the one that it sees cheaper, and so would plan each line anew.
 */
export function insertWrittenLine(line: ProvisioningLine, events: readonly string[]): Statement<{ id: string }> {
  const values = columns.map(([key]) => line[key]);
  const [only, second] = events;
  return second === undefined
    ? { name: "provisioning_line_written", text: INSERT_WITH_ONE, values: [...values, only] }
    : { name: "provisioning_line_written_several", text: INSERT_WITH_SEVERAL, values: [...values, events] };
}

/** Lines of all tenants that are there, for the server's own transaction; one that is there already learns what came later. */
export function insertLines(lines: readonly ProvisioningLine[]): Statement {
  const given = columns.map(([key, [, type]]) => `"${key}" ${type}`).join(",");
  return {
    name: "provisioning_lines",
    text: `insert into provisioning_log (${names})
      select ${columns.map(([key]) => `l."${key}"`).join(",")} from jsonb_to_recordset($1::jsonb) as l (${given})
        join tenants t on t.id = l."tenantId" and t.deleted_at is null
      on conflict (tenant_id, id) do update set status = excluded.status, scim_type = excluded.scim_type,
        detail = excluded.detail, tolerated = excluded.tolerated`,
    values: [JSON.stringify(lines)],
  };
}

/** Which lines; all that are given must hold. */
export interface LineFilter {
  /** Whom they are about: any of these. */
  readonly person?: PersonFilter | undefined;
  /** From and to, both included. */
  readonly status?: readonly [least: number, most: number] | undefined;
  readonly method?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly since?: Date | undefined;
  /** Not included. */
  readonly until?: Date | undefined;
}

/** Folded names and addresses, external ids, ids of resources. */
export interface PersonFilter {
  readonly keys: readonly string[];
  readonly externalIds: readonly string[];
  readonly ids: readonly string[];
}

/** A change that a request made, as the journal has it. */
interface LineChange {
  readonly eventId: string;
  readonly type: string;
  readonly target: { readonly type: string; readonly id: string | null };
  /** Names of attributes, where the event tells them. */
  readonly attributes: readonly string[];
}

/** A line as it is read. */
export type StoredLine = Omit<ProvisioningLine, "tenantId"> & { readonly changes: readonly LineChange[] };

const SHOWN = columns.filter(([key]) => key !== "tenantId").map(([key, [column]]) => `l.${column} as "${key}"`);

const CHANGES = `(select coalesce(jsonb_agg(jsonb_build_object('eventId', e.id, 'type', e.type,
    'target', jsonb_build_object('type', e.target_type, 'id', e.target_id),
    'attributes', coalesce(e.data->'attributes', '[]')) order by e.id), '[]')
  from events e where e.tenant_id = $1 and e.id = any(l.events)) as changes`;

/** Lines below an id (null = all), the latest first. */
export function linesBelow(
  tenantId: string,
  filter: LineFilter,
  below: string | null,
  most: number,
): Statement<StoredLine> {
  const values: unknown[] = [tenantId];
  const where = [conditions(filter, values), ...(below === null ? [] : [`id < ${put(values, below)}::uuid`])];
  const page = `select * from provisioning_log where ${where.join(" and ")} order by id desc limit ${put(values, most)}`;
  return { text: `select ${SHOWN.join(",")}, ${CHANGES} from (${page}) l order by l.id desc`, values };
}

/** How many lines there are. */
export function countLines(tenantId: string, filter: LineFilter): Statement<{ total: number }> {
  const values: unknown[] = [tenantId];
  return { text: `select count(*) as total from provisioning_log where ${conditions(filter, values)}`, values };
}

function conditions(filter: LineFilter, values: unknown[]): string {
  const { person, status, method, tokenId, since, until } = filter;
  const parts = ["tenant_id = $1"];
  if (person) parts.push(personCondition(person, values));
  if (status) parts.push(`status between ${put(values, status[0])} and ${put(values, status[1])}`);
  if (method !== undefined) parts.push(`method = ${put(values, method)}`);
  if (tokenId !== undefined) parts.push(`token_id = ${put(values, tokenId)}::uuid`);
  // The ids begin with the moment (RFC 9562 §5.7), and the log goes by them.
  if (since) parts.push(`id >= uuid_v7_floor(${put(values, since)}::timestamptz)`);
  if (until) parts.push(`id < uuid_v7_floor(${put(values, until)}::timestamptz)`);
  return parts.join(" and ");
}

function personCondition({ keys, externalIds, ids }: PersonFilter, values: unknown[]): string {
  const named = put(values, keys);
  return `(user_name_key = any(${named}::text[]) or email_key = any(${named}::text[])
    or external_id = any(${put(values, externalIds)}::text[]) or resource_id = any(${put(values, ids)}::uuid[]))`;
}

/** Adds a value and answers its place. */
function put(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}

/** The members whom a text may mean: by id, user name, e-mail address or external id. */
export function membersMeant(
  tenantId: string,
  meant: { readonly id: string | null; readonly key: string; readonly externalId: string },
): Statement<PersonKeys & { readonly id: string }> {
  return {
    name: "provisioning_members_meant",
    text: `select id, user_name_key as "userNameKey", email_key as "emailKey", external_id as "externalId" from members
      where tenant_id = $1 and (id = $2::uuid or user_name_key = $3 or email_key = $3 or external_id = $4) limit 10`,
    values: [tenantId, meant.id, meant.key, meant.externalId],
  };
}

/**
 * Deletes the oldest lines that are older than their tenant keeps them, so many of each tenant and in all; answers how
 * many. For the server's own transaction.
 */
export function deleteOldLines(now: Date, defaultDays: number, most: number): Statement<{ count: number }> {
  return {
    name: "provisioning_sweep",
    text: `with old as (select t.id as tenant_id, o.id from tenants t cross join lateral (
          select p.id from provisioning_log p where p.tenant_id = t.id and p.id < uuid_v7_floor($1::timestamptz
            - coalesce((t.settings->'provisioningLog'->>'retentionDays')::integer, $2) * interval '1 day')
          order by p.id limit $3 for update skip locked) o limit $3),
        gone as (delete from provisioning_log l using old where l.tenant_id = old.tenant_id and l.id = old.id
          returning l.id)
      select count(*) from gone`,
    values: [now, defaultDays, most],
  };
}

/** Blanks whom the lines of a person up to a moment are about, so that the log knows them no more; ids and times stay. */
export function forgetPerson(tenantId: string, { keys, externalIds, ids }: PersonFilter, until: Date): Statement {
  return {
    name: "provisioning_forget",
    text: `update provisioning_log set user_name_key = null, email_key = null, external_id = null, detail = null
      where tenant_id = $1 and (user_name_key = any($2::text[]) or email_key = any($2::text[])
        or external_id = any($3::text[]) or resource_id = any($4::uuid[])) and at <= $5`,
    values: [tenantId, keys, externalIds, ids, until],
  };
}
