/** The seats that a plan sells: their numbers, who waits for one, and all tenants' for billing. */
import { listSeats, readQueue, readSeats, type Queue } from "../directory/seats/seatNumbers.ts";
import type { Waiting } from "../directory/seats/seatQueue.store.ts";
import { isUuid } from "../base/ids.ts";
import { decodeCursor, encodeCursor, idPage, idPlace, isTotal, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, nullable, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

const count = { type: "integer", minimum: 0 };

const numbers = {
  limit: { ...nullable(count), description: "Null is unlimited." },
  used: count,
  remaining: { ...nullable(count), description: "Null is unlimited; 0 also where more are used than the limit." },
  waiting: { ...count, description: "Members in the queue." },
  overBy: { ...count, description: "Seats above the limit: nobody loses one when it is lowered." },
};

export const seats: Resource = {
  tag: "Seats",
  description: "How many seats a tenant has, holds and misses, and who is next.",
  schemas: {
    Seats: record(numbers),
    TenantSeats: record({ id, slug: text, plan: nullable(text), ...numbers }),
    WaitingMember: record({
      id,
      place: { type: "integer", minimum: 1, description: "1 gets the next seat that is free." },
      email: nullable(text),
      name: record({ givenName: nullable(text), familyName: nullable(text) }),
      entitledRoles: { ...arrayOf(text), description: "In force once they hold the seat." },
      waitingSince: {
        ...nullable(instant),
        description: "Null of who lost a seat by a move, and is before all others.",
      },
    }),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/seats",
      operationId: "listSeats",
      summary: "The seat numbers of every tenant, for billing",
      permission: "operator",
      query: pageQuery,
      responses: { 200: json("A page of tenants, the oldest first.", pageOf(ref("TenantSeats"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/seats",
      operationId: "getSeats",
      summary: "Read the seat numbers",
      permission: "seats:view",
      responses: { 200: json("The numbers.", ref("Seats")) },
      handle: async ({ db, who }) => ({ status: 200, body: await readSeats(db, who) }),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/seats/waiting",
      operationId: "listWaiting",
      summary: "Who waits for a seat, the next one first",
      permission: "members:view",
      query: pageQuery,
      responses: { 200: json("A page of the queue.", pageOf(ref("WaitingMember"))) },
      handle: queue,
    },
  ],
};

async function list({ db, actor, now, query }: Call<PageQuery>): Promise<JsonAnswer> {
  const page = await listSeats(db, { actor, now }, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (tenant) => tenant) };
}

async function queue({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const { items, total, next } = await readQueue(db, who, query.limit, decodeCursor(query.cursor, isPlace) ?? null);
  return { status: 200, body: { items: items.map(shown), total, nextCursor: next && encodeCursor(next) } };
}

function shown({ givenName, familyName, since, createdAt: _createdAt, ...waiting }: Waiting): Record<string, unknown> {
  const waitingSince = since.getTime() === 0 ? null : since;
  return { ...waiting, name: { givenName, familyName }, waitingSince };
}

function isPlace(value: unknown): value is NonNullable<Queue["next"]> {
  if (typeof value !== "object" || value === null) return false;
  const { since, created, id: last, total } = value as Partial<Record<string, unknown>>;
  return isInstant(since) && isInstant(created) && isUuid(last) && isTotal(total);
}

/** As `toISOString` writes it. */
function isInstant(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(value) && !Number.isNaN(Date.parse(value));
}
