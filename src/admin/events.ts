/** The journal: what happened in a tenant, by whom, to whom. */
import { beginning, followEvents, readLatest } from "../events/readEvents.ts";
import type { CommitPlace } from "../events/readEvents.store.ts";
import { shownEvent } from "../events/shownEvent.ts";
import { eventExports } from "./eventExports.ts";
import { eventQuery, type EventsAsked, eventsAsked, isLatestFrom, parties } from "./eventQuery.ts";
import { decodeCursor, encodeCursor, isTotal, type PageQuery } from "./paging.ts";
import type { Answer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, pageQuery, record, ref, text } from "./schemas.ts";

export const events: Resource = {
  tag: "Events",
  description: "The journal of a tenant. It only grows.",
  schemas: {
    Event: record({
      id,
      type: text,
      at: instant,
      ...parties,
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
      query: { ...eventQuery, ...pageQuery },
      responses: { 200: json("A page of events.", ref("EventPage")) },
      handle: (call: TenantCall<EventsAsked & PageQuery>) => (call.query.order === "asc" ? follow(call) : latest(call)),
    },
    ...eventExports,
  ],
};

async function latest({ db, who, query }: TenantCall<EventsAsked & PageQuery>): Promise<Answer> {
  const from = decodeCursor(query.cursor, isLatestFrom) ?? null;
  const { items, total, next } = await readLatest(db, who, eventsAsked(query), query.limit, from);
  return { status: 200, body: { items: items.map(shownEvent), total, nextCursor: next && encodeCursor(next) } };
}

async function follow({ db, who, query }: TenantCall<EventsAsked & PageQuery>): Promise<Answer> {
  const after = decodeCursor(query.cursor, isCommitPlace) ?? beginning;
  const { items, next } = await followEvents(db, who, eventsAsked(query), query.limit, after);
  return { status: 200, body: { items: items.map(shownEvent), nextCursor: encodeCursor(next) } };
}

function isCommitPlace(value: unknown): value is CommitPlace {
  if (typeof value !== "object" || value === null) return false;
  const { xid, seq } = value as Partial<Record<keyof CommitPlace, unknown>>;
  return isTotal(xid) && isTotal(seq);
}
