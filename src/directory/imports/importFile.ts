/** What people upload to invite many at once: CSV (RFC 4180), as spreadsheets write it. */
import { isUtf8 } from "node:buffer";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as immediate } from "node:timers/promises";
import { CsvError, parse, type Options } from "csv-parse";
import { fold } from "../../base/fold.ts";
import { Refusal, type FieldFault } from "../../base/errors.ts";

/** The columns by their names, in the order of results. */
export const importColumns = ["email", "role", "team", "firstName", "lastName"] as const;

/** What the header must name. */
const NEEDED = ["email", "role"] as const;

export type ImportColumn = (typeof importColumns)[number];

/** The cells of a row, without the spaces around them; empty where there is nothing. */
export type ImportCells = Readonly<Record<ImportColumn, string>>;

/** A row as the spreadsheet numbers it: the header is row 1, and empty lines count. */
export interface ImportRow {
  readonly row: number;
  readonly cells: ImportCells;
  /** Cells with something in them for which the header has no column. */
  readonly surplus: number;
}

/** Bytes of a file: four hundred for each row, where fifty are usual. */
export const MOST_BYTES = 4_194_304;
/** What a review shows at once, and a job does in minutes. */
const MOST_ROWS = 10_000;
/** Bytes of one row: an address, a name and a team are a few hundred. */
const MOST_OF_ROW = 10_000;
/** Cells of one row: the columns that there are, and what a spreadsheet leaves beside them. */
const MOST_CELLS = 50;

/**
 * Reads a file: UTF-8 with or without its mark, cells separated by commas, semicolons (as spreadsheets write where the
 * comma is for decimals) or tabs, columns in any order and case.
 *
 * @throws Refusal `invalid_request` for what no row can be told of
 */
export async function readImportFile(bytes: Buffer): Promise<ImportRow[]> {
  const { text, firstRow } = withoutHint(decoded(bytes));
  const [header, ...rows] = await linesOf(text, firstRow);
  if (!header) throw unreadable("The file is empty. Its first line names the columns: email, role.");
  const places = placesOf(header.cells);
  if (rows.length === 0) throw unreadable("The file has a header and no row below it. Write one row for each person.");
  return rows.map(({ row, cells }) => rowOf(row, cells, places));
}

function unreadable(detail: string, errors: readonly FieldFault[] = []): Refusal {
  return new Refusal("invalid_request", detail, { errors });
}

/** How to make a file that is read, in the words of the spreadsheets. */
export const SAVE_AS =
  'Save it as UTF-8: in Excel as "CSV UTF-8 (comma delimited)", in LibreOffice with the character set "Unicode (UTF-8)".';

function decoded(bytes: Buffer): string {
  if (isUtf16(bytes)) throw unreadable(`The file is in UTF-16 ("Unicode text"). ${SAVE_AS}`);
  if (!isUtf8(bytes)) {
    throw unreadable(
      `The file is not in UTF-8, perhaps in Latin-1 or Windows-1252: letters as é would be lost. ${SAVE_AS}`,
    );
  }
  // TextDecoder drops the byte order mark (RFC 3629 §6).
  const text = new TextDecoder("utf-8").decode(bytes);
  // PostgreSQL stores no U+0000, and no spreadsheet writes one.
  if (text.includes("\0")) throw unreadable(`The file holds U+0000, as no text does. ${SAVE_AS}`);
  return text;
}

/** By its mark, or without one by the zeros that every ASCII letter has in it; the header is ASCII. */
function isUtf16(bytes: Buffer): boolean {
  const [first = 1, second = 1] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return marked || (first === 0) !== (second === 0);
}

/** Excel's own first line, which names the separator, is no header. */
function withoutHint(text: string): { text: string; firstRow: number } {
  const [hint = ""] = /^"?sep=.?"?(?:\r\n|\n|\r)/i.exec(text) ?? [];
  return { text: text.slice(hint.length), firstRow: hint === "" ? 1 : 2 };
}

interface Line {
  readonly row: number;
  readonly cells: readonly string[];
}

/** The lines that have something in them; those of separators alone count for the limit, so that none is lost by it. */
async function linesOf(text: string, firstRow: number): Promise<Line[]> {
  const lines: Line[] = [];
  const take: Options["on_record"] = (written: string[], { records, empty_lines: empty }): null => {
    if (records > MOST_ROWS + 1) throw tooMany();
    if (written.some((cell) => cell !== "")) lines.push({ row: firstRow - 1 + records + empty, cells: written });
    return null;
  };
  const cast: Options["cast"] = (cell, { index, records, empty_lines: empty }) => {
    if (index >= MOST_CELLS) throw malformed("cells", firstRow + records + empty);
    return cell.trim();
  };
  const parser = parse({ ...FORM, delimiter: separatorOf(text), on_record: take, cast });
  try {
    await pipeline(Readable.from(pieces(text)), parser.resume());
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { records, empty_lines: empty } = error as unknown as { records: number; empty_lines: number };
    throw malformed(error.code, firstRow + records + empty);
  }
  return lines;
}

const FORM: Options = {
  // All three in one file: pasted lines keep the ends that they had.
  record_delimiter: ["\r\n", "\n", "\r"],
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: MOST_OF_ROW,
};

/** Read in some milliseconds each, and others' requests between them. */
const PIECE = 65_536;

async function* pieces(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += PIECE) {
    yield bytes.subarray(at, at + PIECE);
    await immediate();
  }
}

function tooMany(): Refusal {
  return unreadable(`The file has more than ${MOST_ROWS} rows. Split it, and import one part after the other.`);
}

const SEPARATORS = [",", ";", "\t"] as const;

/** The one by which the first line names most columns. */
function separatorOf(text: string): string {
  const [line = ""] = /[^\r\n]+/.exec(text.slice(0, MOST_OF_ROW)) ?? [];
  const named = (separator: string): number => line.split(separator).filter((cell) => columnOf(cell) !== null).length;
  return SEPARATORS.reduce((best, each) => (named(each) > named(best) ? each : best), ",");
}

function malformed(code: string, row: number): Refusal {
  const path = `/rows/${row}`;
  const refuse = (message: string): Refusal => unreadable(`Row ${row} ${message}`, [{ path, message }]);
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return refuse('opens a quotation mark (") that nothing closes. Close it, or leave it out.');
    case "CSV_MAX_RECORD_SIZE":
      return refuse(`is longer than ${MOST_OF_ROW} bytes: perhaps a quotation mark (") is opened and not closed.`);
    case "cells":
      return refuse(`has more than ${MOST_CELLS} cells. Delete the columns beside the table.`);
    default:
      return refuse(
        'has a quotation mark (") within a cell. Put the cell in quotation marks, and write "" for one within.',
      );
  }
}

/** A header cell as people write it: `First Name`, `E-mail`, `last_name`. */
function columnOf(cell: string): ImportColumn | null {
  const key = fold(cell).replaceAll(/["\s_-]/g, "");
  return importColumns.find((column) => column.toLowerCase() === key) ?? null;
}

/** Where each column stands. @throws Refusal `invalid_request` naming every column that is unknown, twice or missing */
function placesOf(header: readonly string[]): ReadonlyMap<ImportColumn, number> {
  const places = new Map<ImportColumn, number>();
  const errors = header.flatMap((cell, i): FieldFault[] => {
    const column = columnOf(cell);
    const path = `/columns/${i + 1}`;
    // What a spreadsheet once had columns for: nothing may stand below them.
    if (cell === "") return [];
    if (column === null) return [{ path, message: `'${shown(cell)}' is not known here: delete the column.` }];
    if (places.has(column)) return [{ path, message: `'${shown(cell)}' is there twice: delete one of the columns.` }];
    places.set(column, i);
    return [];
  });
  const missing = NEEDED.filter((column) => !places.has(column)).map((column) => {
    return { path: `/columns/${column}`, message: `'${column}' is missing: add the column.` };
  });
  const all = [...errors, ...missing].slice(0, MOST_NAMED);
  if (all.length === 0) return places;
  const words = all.map(({ message }) => message).join(" ");
  throw unreadable(`${words} The columns are ${importColumns.join(", ")}; ${NEEDED.join(" and ")} are needed.`, all);
}

/** Columns that a refusal names: more are no header but something else. */
const MOST_NAMED = 20;

function shown(cell: string): string {
  return cell.slice(0, 60);
}

function rowOf(row: number, written: readonly string[], places: ReadonlyMap<ImportColumn, number>): ImportRow {
  const at = (column: ImportColumn): string => written[places.get(column) ?? -1] ?? "";
  const known = new Set(places.values());
  const cells = Object.fromEntries(importColumns.map((column) => [column, at(column)])) as ImportCells & object;
  return { row, cells, surplus: written.filter((cell, i) => cell !== "" && !known.has(i)).length };
}
