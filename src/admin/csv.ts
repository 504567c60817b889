/** Tables for spreadsheets (RFC 4180), as a stream. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";

export const CSV = "text/csv";
/** RFC 4180 §3. */
export const CSV_WITH_HEADER = `${CSV}; charset=utf-8; header=present`;

/** A header line and the rows. A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvText(columns: readonly string[], rows: AsyncIterable<readonly string[]>): AsyncIterable<string> {
  const options = { header: true, columns: [...columns], escape_formulas: true, record_delimiter: "windows" } as const;
  const table = stringify(options);
  table.setEncoding("utf8");
  // A fault on the way reaches the reader of the table, who is the one to be told.
  pipeline(Readable.from(rows), table).catch(() => undefined);
  return table;
}
