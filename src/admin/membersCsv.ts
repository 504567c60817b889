/** Members as a table (RFC 4180), for spreadsheets. */
import type { RoleCatalogue } from "../admission/types.ts";
import { eachMember } from "../directory/members/memberList.ts";
import type { ListedMember } from "../directory/members/memberList.store.ts";
import { memberRow } from "../directory/members/memberView.ts";
import { currentRules } from "../directory/roles/rules.ts";
import { CSV, CSV_WITH_HEADER, csvText } from "./csv.ts";
import { memberQuery, membersAsked, type MembersAsked } from "./memberQuery.ts";
import type { Answer, Route, TenantCall } from "./route.ts";
import { text } from "./schemas.ts";

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
  responses: { 200: { description: "UTF-8, with a header line.", schema: text, mediaType: CSV } },
  handle,
};

async function handle({ db, who, tenant, query }: TenantCall<MembersAsked>): Promise<Answer> {
  const { rules } = await currentRules(db, who.tenantId);
  const pages = eachMember(db, who, membersAsked(query), PAGE);
  // Read before anything is answered: what goes wrong here is still told as a problem document.
  const first = await pages.next();
  return {
    status: 200,
    mediaType: CSV_WITH_HEADER,
    headers: { "Content-Disposition": `attachment; filename="members-${tenant.slug}.csv"` },
    chunks: csvText(COLUMNS, rows(first.done ? [] : first.value, pages, rules.roles)),
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
