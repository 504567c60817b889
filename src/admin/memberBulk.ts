/** One action on many members. */
import { Refusal } from "../base/errors.ts";
import { readBulk, runBulk, type BulkRun, type Chosen } from "../directory/members/memberBulk.ts";
import type { BulkAsked } from "../directory/members/memberBulkRow.ts";
import type { MemberFilter } from "../directory/members/memberList.store.ts";
import { NO_NUL } from "./memberSchemas.ts";
import { memberQuery } from "./memberQuery.ts";
import { decodeCursor, encodeCursor, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, boolean, id, json, nullable, object, pageQuery, record, ref, text } from "./schemas.ts";

const { sort: _, ...filters } = memberQuery;
const actions = ["changeRole", "addToTeam", "hold", "release", "assignSeats", "remove"] as const;
const count = { type: "integer", minimum: 0 };
const slug = { type: "string", minLength: 1, maxLength: 64 };

/** The body of `bulkEditMembers`, as the schema checks it. */
interface Body {
  readonly action: (typeof actions)[number];
  readonly ids?: readonly string[];
  readonly filter?: MemberFilter;
  readonly role?: string;
  readonly roles?: readonly string[];
  readonly team?: string;
  readonly preview?: boolean;
}

export const memberBulk: Resource = {
  tag: "Members in bulk",
  description:
    "Each member is decided on alone: what is refused for one is told in that one's row, and the others go on. Up to " +
    "1,000 are done at once; more are a job, whose rows fill as it goes, and which refuses them once whoever began it has lost " +
    "the right.",
  schemas: {
    BulkEdit: object(
      {
        action: {
          type: "string",
          enum: actions,
          description:
            "`assignSeats` gives seats to active members without one, first come first served, until there is none left.",
        },
        ids: arrayOf(id, { minItems: 1, maxItems: 10_000, uniqueItems: true }),
        filter: {
          ...object(filters),
          description: "All whom the list of members shows by this filter; `{}` is everybody.",
        },
        role: { ...slug, description: "For `changeRole`: the role granted by hand in place of those before." },
        roles: {
          ...arrayOf(slug, { minItems: 1, maxItems: 50, uniqueItems: true }),
          description: "The same, where it is several.",
        },
        team: {
          type: "string",
          minLength: 1,
          maxLength: 200,
          pattern: NO_NUL,
          description: "For `addToTeam`: name or id.",
        },
        preview: { ...boolean, description: "What would happen, of the first 1,000; nothing is written." },
      },
      ["action"],
    ),
    BulkRun: record({
      id: { ...nullable(id), description: "Of the job; null where all was done at once." },
      action: { type: "string", enum: actions },
      status: { type: "string", enum: ["running", "done"] },
      total: count,
      changed: count,
      unchanged: count,
      refused: count,
      seats: {
        description: "Seats in use before and after; null of a job.",
        anyOf: [record({ limit: nullable(count), before: count, after: count }), { type: "null" }],
      },
      results: arrayOf(
        record(
          {
            id,
            email: nullable(text),
            status: { type: "string", enum: ["changed", "unchanged", "refused", "pending"] },
            code: { ...text, description: "Of the refusal, as for one member." },
            detail: text,
          },
          ["code", "detail"],
        ),
      ),
      nextCursor: nullable(text),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/members/bulk",
      operationId: "bulkEditMembers",
      summary: "Change, suspend, seat or remove many members",
      permission: "members:edit",
      body: ref("BulkEdit"),
      responses: {
        200: json("Done, or what would be.", ref("BulkRun")),
        202: json("A job; ask for it by its id.", ref("BulkRun")),
      },
      handle: post,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/members/bulk/{id}",
      operationId: "getBulkEdit",
      summary: "How far a job is, and what became of each member",
      permission: "members:view",
      query: pageQuery,
      responses: { 200: json("The job, with a page of its rows.", ref("BulkRun")) },
      handle: get,
    },
  ],
};

async function post({ db, who, permissions, body }: TenantCall<unknown, Body>): Promise<JsonAnswer> {
  const run = await runBulk(db, { ...who, permissions }, askedOf(body), chosenOf(body), body.preview ?? false);
  return { status: run.status === "done" ? 200 : 202, body: shown(run) };
}

async function get({ db, who, params, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const { after } = decodeCursor(query.cursor, isPlace) ?? { after: 0 };
  return { status: 200, body: shown(await readBulk(db, who, params["id"] ?? "", { after, limit: query.limit })) };
}

/** PostgreSQL's `integer`. */
const LAST_PLACE = 2_147_483_647;

function isPlace(value: unknown): value is { after: number } {
  if (typeof value !== "object" || value === null || !("after" in value)) return false;
  return Number.isSafeInteger(value.after) && Number(value.after) >= 0 && Number(value.after) <= LAST_PLACE;
}

/** @throws Refusal `invalid_request` where the action lacks what it is about, or has what it is not about */
function askedOf(body: Body): BulkAsked {
  const { action, role, roles, team } = body;
  if (action !== "changeRole" && (role ?? roles) !== undefined) throw fault("/role", "is for changeRole alone");
  if (action !== "addToTeam" && team !== undefined) throw fault("/team", "is for addToTeam alone");
  if (action === "changeRole") return { action, roles: rolesOf(body) };
  if (action !== "addToTeam") return { action };
  if (team === undefined) throw fault("/team", "is needed: the team's name or id");
  return { action, team };
}

function rolesOf({ role, roles }: Body): readonly string[] {
  if (role !== undefined && !roles) return [role];
  if (roles && role === undefined) return roles;
  throw fault("/role", "or `roles` is needed, one of the two");
}

function chosenOf({ action, ids, filter }: Body): Chosen {
  if (ids && filter) throw fault("/filter", "stands in place of `ids`: leave out one of the two");
  if (ids) return { ids };
  if (filter) return { filter };
  // Whoever has no seat is all that there is to choose from.
  if (action === "assignSeats") return { filter: { seat: "without" } };
  throw fault("/ids", "or `filter` is needed; `filter: {}` is everybody");
}

function fault(path: string, message: string): Refusal {
  return new Refusal("invalid_request", `${path.slice(1)} ${message}.`, { errors: [{ path, message }] });
}

function shown({ rows, next, ...run }: BulkRun): Record<string, unknown> {
  const results = rows.map(({ id: memberId, email, outcome }) => {
    return { id: memberId, email, ...(outcome ?? { status: "pending" }) };
  });
  return { ...run, results, nextCursor: next === null ? null : encodeCursor({ after: next }) };
}
