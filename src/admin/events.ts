/** The journal: what happened in a tenant, by whom, to whom. */
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { beginning, followEvents, readLatest, type EventQuery, type LatestFrom } from "../events/readEvents.ts";
import type { CommitPlace, StoredEvent } from "../events/readEvents.store.ts";
import { decodeCursor, encodeCursor, isTotal, type PageQuery } from "./paging.ts";
import type { Answer, Resource, Schema, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, nullable, pageQuery, record, ref, text } from "./schemas.ts";

interface EventsAsked extends PageQuery {
  readonly order: "asc" | "desc";
  readonly type?: string;
  readonly actor?: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
}

const actors = ["operator", "system", "member", "api_key", "scim_token"];
const targets = ["tenant", "member", "directory", "scim_token", "api_key", "plan"];

function idOrKind(kinds: readonly string[]): Schema {
  return { type: "string", anyOf: [{ format: "uuid" }, { enum: kinds }], description: "An id, or a kind." };
}

const party = (kinds: readonly string[]): Schema => record({ type: { type: "string", enum: kinds }, id: nullable(id) });

export const events: Resource = {
  tag: "Events",
  description: "The journal of a tenant. It only grows.",
  schemas: {
    Event: record({
      id,
      type: text,
      at: instant,
      actor: party(actors),
      target: party(targets),
      data: { type: "object", description: "Ids, names of attributes, and transitions `[before, after]`." },
    }),
    EventPage: record(
      {
        items: arrayOf(ref("Event")),
        total: { type: "integer", minimum: 0, description: "With `desc`; counted when the first page was read." },
        nextCursor: {
          type: ["string", "null"],
          description:
            "With `desc` null on the last page. With `asc` always there: ask again with it, at once while pages are " +
            "full and later when they are not; no event is missed or comes twice.",
        },
      },
      ["total"],
    ),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/events",
      operationId: "listEvents",
      summary: "Read the journal, or follow it",
      permission: "events:view",
      query: {
        order: {
          type: "string",
          enum: ["asc", "desc"],
          default: "desc",
          description: "`desc`: the latest first. `asc`: in the order in which they came to be seen, to follow them.",
        },
        type: { type: "string", maxLength: 64, pattern: "^[a-z_]+\\.[a-z_]+$" },
        actor: idOrKind(actors),
        target: idOrKind(targets),
        since: { ...instant, description: "Not before." },
        until: { ...instant, description: "Before." },
        ...pageQuery,
      },
      responses: { 200: json("A page of events.", ref("EventPage")) },
      handle: (call: TenantCall<EventsAsked>) => (call.query.order === "asc" ? follow(call) : latest(call)),
    },
  ],
};

async function latest({ db, who, query }: TenantCall<EventsAsked>): Promise<Answer> {
  const from = decodeCursor(query.cursor, isLatestFrom) ?? null;
  const { items, total, next } = await readLatest(db, who, asked(query), query.limit, from);
  return { status: 200, body: { items: items.map(eventView), total, nextCursor: next && encodeCursor(next) } };
}

async function follow({ db, who, query }: TenantCall<EventsAsked>): Promise<Answer> {
  const after = decodeCursor(query.cursor, isCommitPlace) ?? beginning;
  const { items, next } = await followEvents(db, who, asked(query), query.limit, after);
  return { status: 200, body: { items: items.map(eventView), nextCursor: encodeCursor(next) } };
}

function asked({ type, actor, target, since, until }: EventsAsked): EventQuery {
  return { type, actor, target, since: moment("since", since), until: moment("until", until) };
}

/** RFC 3339 knows leap seconds, and JavaScript's time does not. */
function moment(name: string, written: string | undefined): Date | undefined {
  if (written === undefined) return undefined;
  const at = new Date(written);
  if (!Number.isNaN(at.getTime())) return at;
  const message = "is no moment that can be compared; write it as 2026-01-31T12:00:00Z";
  throw new Refusal("invalid_request", `${name} ${message}.`, { errors: [{ path: `/${name}`, message }] });
}

function eventView({ actorType, actorId, targetType, targetId, id: eventId, type, at, data }: StoredEvent): object {
  return {
    id: eventId,
    type,
    at,
    actor: { type: actorType, id: actorId },
    target: { type: targetType, id: targetId },
    data,
  };
}

function isLatestFrom(value: unknown): value is LatestFrom {
  const { before, total } = fields(value);
  return isUuid(before) && isTotal(total);
}

function isCommitPlace(value: unknown): value is CommitPlace {
  const { xid, id: at } = fields(value);
  // The nil UUID of a place behind all events of a transaction is no UUID of a version.
  return isTotal(xid) && typeof at === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(at);
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
