/** Many people invited by one file. */
import {
  beginImport,
  eachImportRow,
  readImport,
  stopImport,
  type Import,
  type ImportPage,
} from "../directory/imports/imports.ts";
import { importColumns, MOST_BYTES, readImportFile, SAVE_AS } from "../directory/imports/importFile.ts";
import { reviewImport } from "../directory/imports/importReview.ts";
import { cellsInOrder } from "../directory/imports/importRows.ts";
import type { StoredRow } from "../directory/imports/imports.store.ts";
import { CSV, CSV_WITH_HEADER, csvText } from "./csv.ts";
import { importSchemas } from "./importSchemas.ts";
import { decodeCursor, encodeCursor, type PageQuery } from "./paging.ts";
import type { Answer, Resource, TenantCall } from "./route.ts";
import { boolean, json, nothing, pageQuery, ref, text } from "./schemas.ts";

/** The query of `importInvitations`, as the schema checks it. */
interface ImportAsked {
  readonly dryRun: boolean;
  readonly sendEmail: boolean;
}

const RESULT_COLUMNS = ["row", ...importColumns, "status", "code", "detail"];
/** Rows in memory at a time. */
const PAGE = 500;

const ofImport = { scope: "tenant", permission: "members:create" } as const;

export const imports: Resource = {
  tag: "Imports",
  description:
    "A CSV file of people to invite: look at it first with `dryRun`, then send it. A job invites them; a row that is " +
    "refused is told of, and the others go on.",
  schemas: importSchemas,
  routes: [
    {
      ...ofImport,
      method: "POST",
      path: "/tenants/{t}/invitations/import",
      operationId: "importInvitations",
      summary: "Invite everybody in a file, or review it",
      query: {
        dryRun: { ...boolean, default: false, description: "What would happen; nothing is written." },
        sendEmail: { ...boolean, default: true, description: "Off: send an invitation again to have its link." },
      },
      file: {
        mediaType: CSV,
        description:
          "UTF-8, at most 10,000 rows. The header names the columns, in any order: `email` and `role` (a role's slug " +
          "or name; empty = what the settings give newcomers), and as you like `team` (name or id), `firstName`, " +
          "`lastName`. Commas, semicolons or tabs.",
        limit: MOST_BYTES,
        empty: "Send a CSV file: its first line names the columns email and role.",
        notUtf8: `The charset of the file must be UTF-8. ${SAVE_AS}`,
      },
      responses: {
        200: json("The review.", ref("ImportReview")),
        202: json("A job; ask for it by its id.", ref("Import")),
      },
      handle: post,
    },
    {
      ...ofImport,
      method: "GET",
      path: "/tenants/{t}/imports/{id}",
      operationId: "getImport",
      summary: "How far an import is, and what became of each row; kept for 30 days",
      query: pageQuery,
      responses: { 200: json("The import, with a page of its rows.", ref("ImportPage")) },
      handle: get,
    },
    {
      ...ofImport,
      method: "GET",
      path: "/tenants/{t}/imports/{id}/results.csv",
      operationId: "exportImportResults",
      summary: `What became of each row, as CSV: ${RESULT_COLUMNS.join()}`,
      responses: { 200: { description: "UTF-8, with a header line.", schema: text, mediaType: CSV } },
      handle: results,
    },
    {
      ...ofImport,
      method: "DELETE",
      path: "/tenants/{t}/imports/{id}",
      operationId: "stopImport",
      summary: "Stop an import: the rows that are left are refused, and who was invited stays invited",
      responses: { 204: nothing },
      handle: stop,
    },
  ],
};

async function post(call: TenantCall<ImportAsked, Buffer>): Promise<Answer> {
  const { db, tenant, permissions, query, body } = call;
  const who = { ...call.who, permissions };
  const file = await readImportFile(body);
  if (query.dryRun) return { status: 200, body: await reviewImport(db, who, tenant, file) };
  return { status: 202, body: shown(await beginImport(db, who, file, query.sendEmail)) };
}

async function get({ db, who, params, query }: TenantCall<PageQuery>): Promise<Answer> {
  const { after } = decodeCursor(query.cursor, isPlace) ?? { after: 0 };
  const page = await readImport(db, who, params["id"] ?? "", { after, limit: query.limit });
  return { status: 200, body: shownPage(page) };
}

async function results({ db, who, tenant, params }: TenantCall): Promise<Answer> {
  const pages = eachImportRow(db, who, params["id"] ?? "", PAGE);
  // Read before anything is answered: what is not there is still told as a problem document.
  const first = await pages.next();
  return {
    status: 200,
    mediaType: CSV_WITH_HEADER,
    headers: { "Content-Disposition": `attachment; filename="import-${tenant.slug}.csv"` },
    chunks: csvText(RESULT_COLUMNS, table(first.done ? [] : first.value, pages)),
  };
}

async function stop({ db, who, params }: TenantCall): Promise<Answer> {
  await stopImport(db, who, params["id"] ?? "");
  return { status: 204 };
}

async function* table(
  first: readonly StoredRow[],
  rest: AsyncIterable<readonly StoredRow[]>,
): AsyncGenerator<string[]> {
  for (const row of first) yield tableRow(row);
  for await (const page of rest) for (const row of page) yield tableRow(row);
}

function tableRow({ row, cells, outcome }: StoredRow): string[] {
  const { status, ...why } = outcome ?? { status: "pending" };
  const { code, detail } = { code: null, detail: null, ...why };
  return [String(row), ...cellsInOrder(cells), status, code ?? "", detail ?? ""];
}

function shown({ id, sendEmail, total, invited, refused, createdAt, endedAt }: Import): Record<string, unknown> {
  const pending = total - invited - refused;
  const status = endedAt === null ? "running" : "done";
  return { id, status, sendEmail, total, invited, refused, pending, createdAt, endedAt };
}

function shownPage({ run, rows, next }: ImportPage): Record<string, unknown> {
  const shownRows = rows.map(({ row, cells, outcome }) => {
    const nothingYet = { status: "pending", code: null, detail: null, memberId: null, seat: null };
    return { row, email: cells.email ?? null, role: cells.role ?? null, ...nothingYet, ...outcome };
  });
  return { ...shown(run), results: shownRows, nextCursor: next === null ? null : encodeCursor({ after: next }) };
}

/** PostgreSQL's `integer`. */
const LAST_ROW = 2_147_483_647;

function isPlace(value: unknown): value is { after: number } {
  if (typeof value !== "object" || value === null || !("after" in value)) return false;
  return Number.isSafeInteger(value.after) && Number(value.after) >= 0 && Number(value.after) <= LAST_ROW;
}
