/** What members do: sign-ins in numbers, the journal by person, and what the vendor's applications tell. */
import { isUuid } from "../base/ids.ts";
import { addActivity, readActivity, type ActivityPage, type ToldActivity } from "../directory/activity/activity.ts";
import { readSignInSummary } from "../directory/activity/signInSummary.ts";
import { completeSettings } from "../directory/tenants/tenantSettings.ts";
import { parties } from "./eventQuery.ts";
import { instantOf } from "./instants.ts";
import { line, NO_NUL } from "./memberSchemas.ts";
import { decodeCursor, encodeCursor, isTotal, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
  arrayOf,
  boolean,
  id,
  instant,
  json,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";

const count = { type: "integer", minimum: 0 };
const frequency = record({ days7: count, days30: count, days90: count });
/** What an application calls its own begins with `app.`; no type of the journal does. */
const OWN_TYPE = "^app(\\.[a-z][a-z0-9_]*)+$";
/** A page of a member's own list, sent at once; with `data` it stays below the most that a body may hold. */
const MOST_ENTRIES = 100;

interface ActivityAsked {
  readonly type?: string;
  readonly since?: string;
  readonly until?: string;
}

/** An entry of the body, as the schema checks it. */
type Entry = Omit<ToldActivity, "at"> & { readonly at?: string };

export const activity: Resource = {
  tag: "Activity",
  description:
    "What a member did and what was done to them: the journal's events, and what applications tell of people's work.",
  schemas: {
    SignInSummary: record({
      lastSignInAt: nullable(instant),
      signedIn: { ...frequency, description: "How often, in the last 7, 30 and 90 days." },
      refused: frequency,
      days: { ...count, description: "Different days (UTC) of the last 90 on which they signed in." },
      ips: { ...arrayOf(ref("SignInsFrom"), { maxItems: 50 }), description: "Addresses, the latest first." },
      devices: {
        ...arrayOf(ref("SignInsFrom"), { maxItems: 50 }),
        description: "Browser and system, as `Firefox, Windows`; null what is not known.",
      },
    }),
    SignInsFrom: record({ from: nullable(text), times: count, lastAt: instant }),
    Activity: record({
      id,
      type: { ...text, description: "Of the journal, or what an application told: that begins with `app.`." },
      at: instant,
      ...parties,
      summary: { ...nullable(text), description: "In the application's words." },
      data: { type: "object", description: "As the journal has it, or as the application told it." },
    }),
    NewActivity: object(
      {
        memberId: id,
        type: { type: "string", maxLength: 64, pattern: OWN_TYPE, description: "As `app.ticket.resolved`." },
        at: { ...instant, description: "When it was; now unless given." },
        key: {
          ...line(128),
          description: "The application's own name of it: what is sent again, adds nothing. Once in a tenant.",
        },
        summary: line(500),
        data: {
          type: "object",
          maxProperties: 20,
          propertyNames: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_]{0,63}$" },
          additionalProperties: {
            type: ["string", "number", "boolean", "null"],
            maxLength: 500,
            pattern: NO_NUL,
          },
        },
        publish: {
          ...boolean,
          description: "Whether the journal tells type and ids too, and webhooks by it; not unless it is said.",
        },
      },
      ["memberId", "type"],
    ),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/members/{id}/sign-in-summary",
      operationId: "summarizeSignIns",
      summary: "When a member signed in last, how often, from where and with what",
      permission: "members:view",
      responses: { 200: json("In numbers.", ref("SignInSummary")) },
      handle: async ({ db, who, params }: TenantCall) => ({
        status: 200,
        body: await readSignInSummary(db, who, params["id"] ?? ""),
      }),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/members/{id}/activity",
      operationId: "listActivityOfMember",
      summary: "What a member did and what was done to them, the latest first; of a removed one too",
      permission: "events:view",
      query: {
        type: { type: "string", maxLength: 64, pattern: "^[a-z_]+(\\.[a-z0-9_]+)+$" },
        since: { ...instant, description: "Not before." },
        until: { ...instant, description: "Before." },
        ...pageQuery,
      },
      responses: { 200: json("A page of it.", pageOf(ref("Activity"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/activity",
      operationId: "addActivity",
      summary: "Add what an application tells of members; kept for `activity.retentionDays`",
      permission: "events:create",
      body: object({ entries: arrayOf(ref("NewActivity"), { minItems: 1, maxItems: MOST_ENTRIES }) }, ["entries"]),
      responses: {
        200: json(
          "What became of each, in their order.",
          record({
            results: arrayOf(
              record(
                {
                  status: { type: "string", enum: ["added", "known", "refused"] },
                  id,
                  code: { ...text, description: "Of the refusal." },
                  detail: text,
                },
                ["id", "code", "detail"],
              ),
            ),
          }),
        ),
      },
      handle: add,
    },
  ],
};

async function list({ db, who, params, query }: TenantCall<ActivityAsked & PageQuery>): Promise<JsonAnswer> {
  const { type, since, until, limit, cursor } = query;
  const filter = { type, since: instantOf(since) ?? undefined, until: instantOf(until) ?? undefined };
  const from = decodeCursor(cursor, isPlace) ?? null;
  const { items, total, next } = await readActivity(db, who, params["id"] ?? "", filter, limit, from);
  return { status: 200, body: { items: items.map(shown), total, nextCursor: next && encodeCursor(next) } };
}

async function add({ db, who, tenant, body }: TenantCall<unknown, { entries: readonly Entry[] }>): Promise<JsonAnswer> {
  const { retentionDays } = completeSettings(tenant.settings, null).activity;
  const entries = body.entries.map((entry) => ({ ...entry, at: instantOf(entry.at) ?? undefined }));
  return { status: 200, body: { results: await addActivity(db, who, entries, retentionDays) } };
}

function shown({ actorType, actorId, targetType, targetId, ...rest }: ActivityPage["items"][number]): object {
  return { ...rest, actor: { type: actorType, id: actorId }, target: { type: targetType, id: targetId } };
}

function isPlace(value: unknown): value is NonNullable<ActivityPage["next"]> {
  if (typeof value !== "object" || value === null) return false;
  const { id: at, total } = value as Record<string, unknown>;
  return isUuid(at) && isTotal(total);
}
