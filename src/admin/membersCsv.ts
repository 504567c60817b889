/** Members as a table (RFC 4180), for spreadsheets. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { RoleCatalogue } from "../admission/types.ts";
import { eachMember } from "../directory/memberList.ts";
import type { ListedMember } from "../directory/memberList.store.ts";
import { memberRow } from "../directory/memberView.ts";
import { rulesOf } from "../directory/rules.ts";
import { memberQuery, membersAsked, type MembersAsked } from "./memberQuery.ts";
import type { Answer, Route, TenantCall } from "./route.ts";
import { text } from "./schemas.ts";

const MEDIA_TYPE = "text/csv";
const COLUMNS = ["id", "email", "firstName", "lastName", "isAdmin", "hasSeat"];
/** Members in memory at a time. */
const PAGE = 500;

export const exportMembers: Route = {
  scope: "tenant",
  method: "GET",
  path: "/tenants/{t}/members.csv",
  operationId: "exportMembers",
  summary: "All members that a filter finds, as CSV: id,email,firstName,lastName,isAdmin,hasSeat",
  permission: "members:export",
  query: memberQuery,
  responses: { 200: { description: "UTF-8, with a header line.", schema: text, mediaType: MEDIA_TYPE } },
  handle,
};

async function handle({ db, who, tenant, query }: TenantCall<MembersAsked>): Promise<Answer> {
  const { rules } = await rulesOf(db, who.tenantId);
  const pages = eachMember(db, who, membersAsked(query), PAGE);
  // Read before anything is answered: what goes wrong here is still told as a problem document.
  const first = await pages.next();
  return {
    status: 200,
    mediaType: `${MEDIA_TYPE}; charset=utf-8; header=present`,
    headers: { "Content-Disposition": `attachment; filename="members-${tenant.slug}.csv"` },
    chunks: csv(rows(first.done ? [] : first.value, pages, rules.roles)),
  };
}

async function* rows(
  first: readonly ListedMember[],
  rest: AsyncIterable<readonly ListedMember[]>,
  roles: RoleCatalogue,
): AsyncGenerator<string[]> {
  for (const member of first) yield memberRow(member, roles);
  for await (const page of rest) for (const member of page) yield memberRow(member, roles);
}

/** A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
function csv(lines: AsyncIterable<string[]>): AsyncIterable<string> {
  const table = stringify({ header: true, columns: COLUMNS, escape_formulas: true, record_delimiter: "windows" });
  table.setEncoding("utf8");
  // A fault on the way reaches the reader of the table, who is the one to be told.
  pipeline(Readable.from(lines), table).catch(() => undefined);
  return table;
}
