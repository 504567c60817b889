/** What people leave behind: the application hears of it by an event, and says here who took over. */
import { acknowledge, listOffboardings, readOffboarding } from "../directory/offboarding/offboarding.ts";
import {
  type Offboarding,
  type OffboardingStatus,
  offboardingStatuses,
} from "../directory/offboarding/offboarding.store.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, nullable, object, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

const status = {
  type: "string",
  enum: offboardingStatuses,
  description: "`open`: nobody has said who took over; `overdue`: nor did anybody in the time that the settings give.",
};

export const offboardings: Resource = {
  tag: "Offboardings",
  description:
    "Whoever is suspended or removed loses access at once, and may leave work behind. The event `member.offboarding` " +
    "tells the application what; it reassigns that and acknowledges it here. Where the setting " +
    "`members.offboardingDays` says so, an erasure waits for that.",
  schemas: {
    Offboarding: record({
      id,
      memberId: id,
      cause: { type: "string", enum: ["suspended", "removed"] },
      status,
      leaves: { type: "object", description: "What there is to reassign, as the event tells it." },
      reassignTo: { ...nullable(id), description: "The member whom an admin named to take over." },
      reassignedTo: { ...arrayOf(id), description: "The members who took over, as the application said." },
      person: {
        description: "Who it is, while their erasure waits; null for all others.",
        anyOf: [record({ displayName: text, email: nullable(text) }), { type: "null" }],
      },
      createdAt: instant,
      dueAt: { ...nullable(instant), description: "Null where nothing waits." },
      endedAt: nullable(instant),
    }),
    Acknowledgement: object({
      reassignedTo: {
        ...arrayOf(id, { maxItems: 100, uniqueItems: true }),
        description: "Members; left out where there was nothing to reassign.",
      },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/offboardings",
      operationId: "listOffboardings",
      summary: "List who left, the earliest first",
      permission: "members:view",
      query: { status, ...pageQuery },
      responses: { 200: json("A page of offboardings.", pageOf(ref("Offboarding"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/offboardings/{id}",
      operationId: "getOffboarding",
      summary: "Read what somebody left behind, and what became of it",
      permission: "members:view",
      responses: { 200: json("The offboarding.", ref("Offboarding")) },
      handle: async ({ db, who, params }) => {
        return { status: 200, body: shown(await readOffboarding(db, who, params["id"] ?? "")) };
      },
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/offboardings/{id}/acknowledge",
      operationId: "acknowledgeOffboarding",
      summary: "Say who took over; an erasure that waited happens",
      permission: "members:edit",
      body: ref("Acknowledgement"),
      responses: { 200: json("The offboarding.", ref("Offboarding")) },
      handle: async ({ db, who, params, body }: TenantCall<unknown, { reassignedTo?: readonly string[] }>) => {
        return { status: 200, body: shown(await acknowledge(db, who, params["id"] ?? "", body.reassignedTo ?? [])) };
      },
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery & { status?: OffboardingStatus }>): Promise<JsonAnswer> {
  const wanted = { limit: query.limit, place: idPlace(query) };
  return { status: 200, body: idPage(await listOffboardings(db, who, query.status ?? null, wanted), shown) };
}

/** Without the keys by which the logs are searched, and without whoever was erased at once. */
function shown({ person, ...offboarding }: Offboarding): Record<string, unknown> {
  const known = offboarding.dueAt === null ? null : person;
  return { ...offboarding, person: known && { displayName: known.displayName, email: known.email } };
}
