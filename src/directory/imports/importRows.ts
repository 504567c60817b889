/** What each row of a file asks for, and what is amiss with it; every fault has its row and column. */
import { checkMayGrant, isRole } from "../../admission/roles.ts";
import type { RoleCatalogue } from "../../admission/types.ts";
import { isRefusal, type RefusalCode } from "../../base/errors.ts";
import { fold } from "../../base/fold.ts";
import { mailAddress } from "../../base/mailAddress.ts";
import { importColumns, type ImportCells, type ImportColumn, type ImportRow } from "./importFile.ts";

/** What is amiss with a row; `column` is null where it is no cell's matter. */
export interface ImportFault {
  readonly row: number;
  readonly column: ImportColumn | null;
  readonly code: RefusalCode;
  readonly message: string;
}

/** A row with what it asks for. */
export interface ReadRow {
  readonly row: number;
  readonly cells: ImportCells;
  /** As it is kept; null where the cell holds no address. */
  readonly email: string | null;
  /** By slug; none = what the tenant's settings give newcomers (rule 8). */
  readonly roles: readonly string[];
  readonly teamId: string | null;
  /** None where it may be imported. */
  readonly faults: readonly ImportFault[];
}

/** What of a tenant the cells are read by. */
export interface ImportTerms {
  readonly roles: RoleCatalogue;
  /** Permissions of who imports (rule 16). */
  readonly held: readonly string[];
  /** Ids of the teams that there are, by what the file calls them, folded; null = who imports may not fill teams. */
  readonly teams: ReadonlyMap<string, string> | null;
}

/** Reads the cells; of an address that is there twice the first row counts. */
export function readRows(rows: readonly ImportRow[], terms: ImportTerms): ReadRow[] {
  const firstOf = new Map<string, number>();
  const grants = new Map<string, CellFault | null>();
  const names = slugsByName(terms.roles);
  return rows.map((each) => {
    const email = mailAddress(each.cells.email);
    const key = email === null ? null : fold(email);
    const first = key === null ? undefined : firstOf.get(key);
    if (key !== null && first === undefined) firstOf.set(key, each.row);
    const role = roleNamed(terms.roles, names, each.cells.role);
    const mayGrant = (slug: string): CellFault | null => remembered(grants, slug, () => grantFault(terms, slug));
    const found = [
      surplusFault(each),
      emailFault(each.cells.email, email, first),
      role === null ? noRole(each.cells.role, terms.roles) : role === "" ? null : mayGrant(role),
      teamFault(each.cells.team, terms.teams),
      nameFault("firstName", each.cells.firstName),
      nameFault("lastName", each.cells.lastName),
    ];
    const faults = found.flatMap((fault) => (fault ? [{ row: each.row, ...fault }] : []));
    const teamId = terms.teams?.get(fold(each.cells.team)) ?? null;
    return { row: each.row, cells: each.cells, email, roles: role ? [role] : [], teamId, faults };
  });
}

type CellFault = Omit<ImportFault, "row">;

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const had = known.get(key);
  if (had !== undefined) return had;
  const made = make();
  known.set(key, made);
  return made;
}

function amiss(column: ImportColumn | null, message: string, code: RefusalCode = "invalid_request"): CellFault {
  return { column, code, message };
}

function surplusFault({ surplus }: ImportRow): CellFault | null {
  if (surplus === 0) return null;
  return amiss(null, "There are more cells than columns: put a cell that holds the separator in quotation marks.");
}

function emailFault(written: string, email: string | null, first: number | undefined): CellFault | null {
  if (written === "") return amiss("email", "There is no e-mail address: write one, or delete the row.");
  if (email === null) return amiss("email", "This is no e-mail address. Write it as name@example.com.");
  return first === undefined ? null : amiss("email", `This address is in row ${first} already, which counts.`);
}

/** A slug, or what people call the role, in any case; "" where the cell is empty, null where it names none. */
function roleNamed(roles: RoleCatalogue, names: SlugsByName, written: string): string | null {
  if (written === "") return "";
  const key = fold(written);
  if (isRole(roles, key)) return key;
  return names.get(key) ?? null;
}

/** Null where several are called so. */
type SlugsByName = ReadonlyMap<string, string | null>;

function slugsByName(roles: RoleCatalogue): SlugsByName {
  const names = new Map<string, string | null>();
  for (const { slug, name, template } of roles.values()) {
    const key = fold(name);
    if (!template) names.set(key, names.has(key) ? null : slug);
  }
  return names;
}

function noRole(written: string, roles: RoleCatalogue): CellFault {
  const there = [...roles.values()].filter(({ template, replacedBy }) => !template && typeof replacedBy !== "string");
  const some = there.slice(0, MOST_NAMED).map(({ slug }) => slug);
  const words = there.length > some.length ? `such as ${some.join(", ")}` : some.join(", ");
  return amiss("role", `There is no role '${written.slice(0, MOST_SHOWN)}'. Name one of those there are: ${words}.`);
}

const MOST_NAMED = 10;
const MOST_SHOWN = 60;

/** Rule 16 names CSV. */
function grantFault({ roles, held }: ImportTerms, slug: string): CellFault | null {
  try {
    checkMayGrant(roles, held, [slug]);
    return null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return amiss("role", error.message, error.code);
  }
}

function teamFault(written: string, teams: ImportTerms["teams"]): CellFault | null {
  if (written === "") return null;
  if (!teams)
    return amiss("team", "This needs the permission teams:edit. Leave it empty, or ask who has it.", "forbidden");
  if (teams.has(fold(written))) return null;
  return amiss(
    "team",
    `There is no team '${written.slice(0, MOST_SHOWN)}'. Create it first, or leave it empty.`,
    "not_found",
  );
}

/** As names are checked that are written in a form. */
const MOST_OF_NAME = 100;

function nameFault(column: "firstName" | "lastName", written: string): CellFault | null {
  if (written.length > MOST_OF_NAME) return amiss(column, `This is longer than ${MOST_OF_NAME} characters.`);
  return /\p{Cc}/u.test(written) ? amiss(column, "This holds a line break or another control character.") : null;
}

/** The cells of the columns that have something in them, for results. */
export function cellsInOrder(cells: Partial<ImportCells>): string[] {
  return importColumns.map((column) => cells[column] ?? "");
}
