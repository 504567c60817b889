/** The journal as a file: CSV for spreadsheets, NDJSON for programs. */
import {
  beginning,
  type EventQuery,
  followEvents,
  fromTheLatest,
  type LatestFrom,
  readLatest,
} from "../events/readEvents.ts";
import type { CommitPlace } from "../events/readEvents.store.ts";
import { type ShownEvent, shownEvent } from "../events/shownEvent.ts";
import type { Database, Who } from "../storage/types.ts";
import { CSV, CSV_WITH_HEADER, csvText } from "./csv.ts";
import { eventQuery, type EventsAsked, eventsAsked } from "./eventQuery.ts";
import type { Answer, Route, TenantCall } from "./route.ts";
import { text } from "./schemas.ts";

const NDJSON = "application/x-ndjson";
const COLUMNS = ["id", "type", "at", "actorType", "actorId", "targetType", "targetId", "data"];
/** Events in memory at a time. */
const PAGE = 500;

const ofEvents = { scope: "tenant", method: "GET", permission: "events:export", query: eventQuery } as const;

export const eventExports: readonly Route[] = [
  {
    ...ofEvents,
    path: "/tenants/{t}/events.csv",
    operationId: "exportEventsCsv",
    summary: `All events that a filter finds, as CSV: ${COLUMNS.join()}`,
    responses: { 200: { description: "UTF-8, with a header line.", schema: text, mediaType: CSV } },
    handle: (call: TenantCall<EventsAsked>) => exported(call, "csv", CSV_WITH_HEADER, table),
  },
  {
    ...ofEvents,
    path: "/tenants/{t}/events.ndjson",
    operationId: "exportEventsNdjson",
    summary: "All events that a filter finds, a line of JSON for each, in the form of the list",
    responses: { 200: { description: "UTF-8, one `Event` a line.", schema: text, mediaType: NDJSON } },
    handle: (call: TenantCall<EventsAsked>) => exported(call, "ndjson", NDJSON, lines),
  },
];

type Write = (events: AsyncIterable<ShownEvent>) => AsyncIterable<string>;

async function exported(
  { db, who, tenant, query }: TenantCall<EventsAsked>,
  ending: string,
  mediaType: string,
  write: Write,
): Promise<Answer> {
  const pages = query.order === "asc" ? followed(db, who, eventsAsked(query)) : latest(db, who, eventsAsked(query));
  // Read before anything is answered: what goes wrong here is still told as a problem document.
  const first = await pages.next();
  return {
    status: 200,
    mediaType,
    headers: { "Content-Disposition": `attachment; filename="events-${tenant.slug}.${ending}"` },
    chunks: write(each(first.done ? [] : first.value, pages)),
  };
}

type Pages = AsyncGenerator<readonly ShownEvent[], void>;

async function* latest(db: Database, who: Who, query: EventQuery): Pages {
  let from: LatestFrom | null = fromTheLatest;
  while (from) {
    const page: Awaited<ReturnType<typeof readLatest>> = await readLatest(db, who, query, PAGE, from);
    yield page.items.map(shownEvent);
    from = page.next;
  }
}

/** As far as the journal goes when it is asked: the first page that is not full is the last. */
async function* followed(db: Database, who: Who, query: EventQuery): Pages {
  let after: CommitPlace = beginning;
  for (;;) {
    const { items, next } = await followEvents(db, who, query, PAGE, after);
    yield items.map(shownEvent);
    if (items.length < PAGE) return;
    after = next;
  }
}

async function* each(first: readonly ShownEvent[], rest: Pages): AsyncGenerator<ShownEvent> {
  yield* first;
  for await (const page of rest) yield* page;
}

async function* lines(events: AsyncIterable<ShownEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}

function table(events: AsyncIterable<ShownEvent>): AsyncIterable<string> {
  return csvText(COLUMNS, rows(events));
}

async function* rows(events: AsyncIterable<ShownEvent>): AsyncGenerator<readonly string[]> {
  for await (const { id, type, at, actor, target, data } of events) {
    const parties = [actor.type, actor.id ?? "", target.type, target.id ?? ""];
    yield [id, type, at.toISOString(), ...parties, JSON.stringify(data)];
  }
}
