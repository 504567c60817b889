/** The provisioning log: each request of a directory, what it was answered, and what came of it. */
import { isUuid } from "../base/ids.ts";
import { readProvisioningLog, type LogPage, type LogQuery } from "../directory/provisioningLog/provisioningLog.ts";
import type { StoredLine } from "../directory/provisioningLog/provisioningLog.store.ts";
import { isLatestFrom } from "./eventQuery.ts";
import { instantOf } from "./instants.ts";
import { decodeCursor, encodeCursor, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, nullable, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

interface LogAsked {
  readonly user?: string;
  readonly status?: string;
  readonly method?: string;
  readonly token?: string;
  readonly since?: string;
  readonly until?: string;
}

const count = { type: "integer", minimum: 0 };

export const provisioningLog: Resource = {
  tag: "Provisioning log",
  description:
    "Each SCIM request of a tenant's directories. Writes are in it at once, reads and refusals within a second. It holds " +
    "no bodies, values or secrets, and is kept for `settings.provisioningLog.retentionDays`.",
  schemas: {
    ProvisioningLine: record({
      id,
      at: instant,
      token: { ...nullable(record({ id, name: text })), description: "Null where none of this tenant was shown." },
      method: text,
      path: { type: "string", description: "Below `/scim/v2`; what may be a name is masked." },
      query: { ...nullable(text), description: "Values of filters are masked." },
      status: { type: "integer" },
      scimType: { ...nullable(text), description: "RFC 7644 §3.12." },
      detail: { ...nullable(text), description: "Why it was refused, or what was passed over." },
      user: { ...nullable(text), description: "Who was asked for or pushed, folded." },
      resourceId: { ...nullable(id), description: "The resource that the path names, or that was created." },
      found: { ...nullable(count), description: "How many resources a query found." },
      tolerated: { ...arrayOf(text), description: "Departures from RFC 7644 that were forgiven; docs/tolerances.md." },
      changes: {
        ...arrayOf(ref("ProvisioningChange")),
        description: "The first 20 events of what it changed.",
      },
      durationMs: { type: "number", minimum: 0, description: "Until the answer; of a write, until its commit." },
      userAgent: nullable(text),
      times: { type: "integer", minimum: 1, description: "How many requests the line stands for: floods are counted." },
    }),
    ProvisioningChange: record({
      eventId: id,
      type: text,
      target: record({ type: text, id: nullable(id) }),
      attributes: arrayOf(text),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/provisioning-log",
      operationId: "listProvisioningLog",
      summary: "Read the provisioning log, the latest first",
      permission: "directories:view",
      query: {
        user: {
          type: "string",
          minLength: 1,
          maxLength: 320,
          description: "A user name, e-mail address, external id or id: also of somebody who never became a member.",
        },
        status: { type: "string", pattern: "^[1-5](xx|[0-9]{2})$", description: "One, as `409`, or a class: `4xx`." },
        method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH", "DELETE"] },
        token: { ...id, description: "Of one SCIM token." },
        since: { ...instant, description: "Not before." },
        until: { ...instant, description: "Before." },
        ...pageQuery,
      },
      responses: { 200: json("A page of requests.", pageOf(ref("ProvisioningLine"))) },
      handle: list,
    },
  ],
};

async function list({ db, who, query }: TenantCall<LogAsked & PageQuery>): Promise<JsonAnswer> {
  const from: LogPage["next"] = decodeCursor(query.cursor, isLatestFrom) ?? null;
  const { items, total, next } = await readProvisioningLog(db, who, logQuery(query), query.limit, from);
  return { status: 200, body: { items: items.map(shown), total, nextCursor: next && encodeCursor(next) } };
}

function logQuery({ user, status, method, token, since, until }: LogAsked): LogQuery {
  return {
    user,
    status: status === undefined ? undefined : statuses(status),
    method,
    tokenId: isUuid(token) ? token : undefined,
    since: instantOf(since) ?? undefined,
    until: instantOf(until) ?? undefined,
  };
}

function statuses(asked: string): readonly [number, number] {
  const least = Number(asked.replace("xx", "00"));
  return [least, asked.endsWith("xx") ? least + 99 : least];
}

function shown(line: StoredLine): object {
  const { tokenId, tokenName, userNameKey, emailKey, externalId, ...rest } = line;
  const token = tokenId === null ? null : { id: tokenId, name: tokenName ?? "" };
  return { ...rest, token, user: userNameKey ?? emailKey ?? externalId };
}
