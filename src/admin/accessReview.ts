/** The report of a review of accesses: who has not come in for long, who administers, what changed. */
import { eachReviewed, reviewAccess, type ReviewAsked, type Reviewed } from "../directory/activity/accessReview.ts";
import { CSV, CSV_WITH_HEADER, csvText } from "./csv.ts";
import { instantOf } from "./instants.ts";
import { entrances, statuses } from "./memberSchemas.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Answer, JsonAnswer, Resource, Schema, TenantCall } from "./route.ts";
import { arrayOf, boolean, id, instant, json, nullable, pageQuery, record, ref, text } from "./schemas.ts";

const WHO = [
  "id",
  "email",
  "name",
  "status",
  "isAdmin",
  "roles",
  "permissionsByHand",
  "hasSeat",
  "directory",
  "entrance",
];
const WHEN = ["createdAt", "lastSignInAt", "inactive", "changes", "lastChangeAt", "lastChangeBy"];
const COLUMNS = [...WHO, ...WHEN];
/** Members in memory at a time. */
const PAGE = 500;
/** A quarter: reviews are quarterly. */
const USUAL_DAYS = 90;
const DAY_MS = 86_400_000;
const count = { type: "integer", minimum: 0 };

interface Asked {
  readonly only?: ReviewAsked["only"];
  readonly inactiveDays: number;
  readonly changedSince?: string;
}

const reviewQuery: Readonly<Record<string, Schema>> = {
  only: { type: "string", enum: ["inactive", "admins", "changed"], description: "Left out: everybody." },
  inactiveDays: {
    type: "integer",
    minimum: 1,
    maximum: 800,
    default: USUAL_DAYS,
    description: "Who has not signed in for so many days is inactive; who never has, by the day they were added.",
  },
  changedSince: { ...instant, description: "Changes of roles from then on; 90 days ago unless given." },
};

export const accessReview: Resource = {
  tag: "Access review",
  description: "Who has access, as a quarterly review asks.",
  schemas: {
    Reviewed: record({
      id,
      email: nullable(text),
      displayName: text,
      status: { type: "string", enum: statuses },
      breakGlass: boolean,
      isAdmin: { ...boolean, description: "Has every permission in force, suspended or not." },
      roles: { ...arrayOf(text), description: "In force." },
      grants: { ...arrayOf(text), description: "Permissions given by hand." },
      seat: { type: "string", enum: ["held", "waiting", "none"] },
      directory: { ...nullable(text), description: "Name of the directory that manages the member." },
      entrance: { type: "string", enum: entrances },
      createdAt: instant,
      lastSignInAt: nullable(instant),
      inactive: { ...boolean, description: "May come in, and has not for `inactiveDays`." },
      changes: {
        ...count,
        maximum: 100,
        description: "Of roles and permissions, since `changedSince`; 100 = or more.",
      },
      latestChange: {
        anyOf: [
          record({
            eventId: id,
            at: instant,
            type: text,
            actor: record({ type: text, id: nullable(id) }),
            roles: {
              description: "In force before and after; null where a permission was given or taken by hand.",
              anyOf: [arrayOf(arrayOf(text), { minItems: 2, maxItems: 2 }), { type: "null" }],
            },
          }),
          { type: "null" },
        ],
      },
    }),
    AccessReview: record({
      items: arrayOf(ref("Reviewed")),
      total: { ...count, description: "Of those asked for, counted when the first page was read." },
      nextCursor: nullable(text),
      totals: {
        description: "Of the whole tenant; null on later pages.",
        anyOf: [record({ members: count, admins: count, inactive: count }), { type: "null" }],
      },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/access-review",
      operationId: "reviewAccess",
      summary: "Review who has access: inactive members, admins, changes of roles",
      permission: "members:view",
      query: { ...reviewQuery, ...pageQuery },
      responses: { 200: json("A page of the report.", ref("AccessReview")) },
      handle: show,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/access-review.csv",
      operationId: "exportAccessReview",
      summary: `The whole report as CSV: ${COLUMNS.join()}`,
      permission: "members:export",
      query: reviewQuery,
      responses: { 200: { description: "UTF-8, with a header line.", schema: text, mediaType: CSV } },
      handle: table,
    },
  ],
};

async function show({ db, who, query }: TenantCall<Asked & PageQuery>): Promise<JsonAnswer> {
  const page = await reviewAccess(db, who, asked(query, who.now), { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: { ...idPage(page, shown), totals: page.totals } };
}

async function table({ db, who, tenant, query }: TenantCall<Asked>): Promise<Answer> {
  const pages = eachReviewed(db, who, asked(query, who.now), PAGE);
  // Read before anything is answered: what goes wrong here is still told as a problem document.
  const first = await pages.next();
  return {
    status: 200,
    mediaType: CSV_WITH_HEADER,
    headers: { "Content-Disposition": `attachment; filename="access-review-${tenant.slug}.csv"` },
    chunks: csvText(COLUMNS, rows(first.done ? [] : first.value, pages)),
  };
}

function asked({ only, inactiveDays, changedSince }: Asked, now: Date): ReviewAsked {
  const since = instantOf(changedSince) ?? new Date(now.getTime() - USUAL_DAYS * DAY_MS);
  return { only, inactiveDays, changedSince: since };
}

function shown({ latestChange, ...rest }: Reviewed): object {
  if (latestChange === null) return { ...rest, latestChange };
  const { actorType, actorId, at, ...change } = latestChange;
  const actor = { type: actorType, id: actorId };
  return { ...rest, latestChange: { ...change, at: new Date(at), actor } };
}

async function* rows(
  first: readonly Reviewed[],
  rest: AsyncIterable<readonly Reviewed[]>,
): AsyncGenerator<readonly string[]> {
  for (const each of first) yield cells(each);
  for await (const page of rest) for (const each of page) yield cells(each);
}

/** In the order of the columns. */
function cells(each: Reviewed): string[] {
  const { latestChange: latest } = each;
  const yes = (is: boolean): string => (is ? "yes" : "no");
  const who = [each.id, each.email ?? "", each.displayName, each.status];
  const may = [yes(each.isAdmin), each.roles.join(" "), each.grants.join(" "), yes(each.seat === "held")];
  const came = [
    each.directory ?? "",
    each.entrance,
    each.createdAt.toISOString(),
    each.lastSignInAt?.toISOString() ?? "",
  ];
  const by = latest ? [latest.actorType, latest.actorId].filter((part) => part !== null).join(":") : "";
  const changed = [String(each.changes), latest ? new Date(latest.at).toISOString() : "", by];
  return [...who, ...may, ...came, yes(each.inactive), ...changed];
}
