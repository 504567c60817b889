/** Imports as the document shows them. */
import { importColumns } from "../directory/imports/importFile.ts";
import type { Schema } from "./route.ts";
import { arrayOf, boolean, id, instant, nullable, record, text } from "./schemas.ts";

const count: Schema = { type: "integer", minimum: 0 };
const rowNumber: Schema = {
  type: "integer",
  minimum: 1,
  description: "As the spreadsheet numbers it: the header is 1.",
};

const progress = {
  id,
  status: { type: "string", enum: ["running", "done"] },
  sendEmail: boolean,
  total: { ...count, description: "Rows of the file." },
  invited: count,
  refused: { ...count, description: "Those with a fault, those who are here already, and those who may not come." },
  pending: count,
  createdAt: instant,
  endedAt: nullable(instant),
};

export const importSchemas: Readonly<Record<string, Schema>> = {
  Import: record(progress),
  ImportPage: record({
    ...progress,
    results: arrayOf(
      record({
        row: rowNumber,
        email: { ...nullable(text), description: "As it was written; null of somebody who was erased." },
        role: nullable(text),
        status: { type: "string", enum: ["pending", "invited", "alreadyInvited", "alreadyMember", "refused"] },
        code: { ...nullable(text), description: "Of the refusal, as for one invitation." },
        detail: nullable(text),
        memberId: nullable(id),
        seat: {
          ...nullable(text),
          description: "What comes of their seat: `held`, `free`, `none`, `refused`, `downgraded` or `waiting`.",
        },
      }),
    ),
    nextCursor: nullable(text),
  }),
  ImportReview: record({
    rows: { ...count, description: "Of the file." },
    ready: { ...count, description: "Rows by which somebody would be invited." },
    faulty: { ...count, description: "All others." },
    faults: {
      ...arrayOf(
        record({
          row: rowNumber,
          column: {
            description: "Null where it is no cell's matter.",
            anyOf: [{ type: "string", enum: importColumns }, { type: "null" }],
          },
          code: text,
          message: text,
        }),
      ),
      description: "By row, the first 1,000.",
    },
    roles: {
      ...arrayOf(record({ role: text, people: count })),
      description: "What they would be entitled to, most people first.",
    },
    seats: record({
      limit: nullable(count),
      used: count,
      remaining: nullable(count),
      waiting: count,
      overBy: count,
      needed: { ...count, description: "People who would ask for a seat." },
      short: { ...count, description: "Those of them for whom there is none now." },
    }),
    quota: {
      ...record({
        kind: { type: "string", enum: ["none", "daily", "total"] },
        max: nullable(count),
        remaining: nullable(count),
        resetsAt: nullable(instant),
      }),
      description: "Of invitations, before this file.",
    },
    warnings: arrayOf(record({ code: { type: "string", enum: ["everybodyAdmin", "seatsShort", "quotaShort"] }, text })),
  }),
};
