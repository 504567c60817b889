/** The provisioning log as it is read: what a directory asked for, what was answered, and what came of it. */
import { isUuid } from "../../base/ids.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { externalKey, personKey } from "./provisioningLine.ts";
import {
  countLines,
  linesBelow,
  membersMeant,
  type LineFilter,
  type PersonFilter,
  type StoredLine,
} from "./provisioningLog.store.ts";

/** Which lines are wanted; `user` is a user name, an e-mail address, an external id or an id. */
export interface LogQuery extends Omit<LineFilter, "person"> {
  readonly user?: string | undefined;
}

/** A page of the log, the latest first. */
export interface LogPage {
  readonly items: readonly StoredLine[];
  readonly total: number;
  /** Null on the last page. */
  readonly next: { readonly before: string; readonly total: number } | null;
}

/**
 * Reads the log. Lines about a person are found by whatever a request called them: who is a member is looked for by all
 * that they are called now, and whoever never became one by what they were asked for or pushed as.
 *
 * @param from where the page before it ended; null = the first, with which the total is counted
 */
export async function readProvisioningLog(
  db: Database,
  who: Pick<Who, "tenantId">,
  { user, ...query }: LogQuery,
  limit: number,
  from: LogPage["next"],
): Promise<LogPage> {
  const { tenantId } = who;
  const filter: LineFilter = { ...query, person: user === undefined ? undefined : await whoIsMeant(db, who, user) };
  const page = linesBelow(tenantId, filter, from?.before ?? null, limit + 1);
  const [rows, total] = from
    ? [(await onceInTenant(db, who, page))[0], from.total]
    : await onceInTenant(db, who, page, countLines(tenantId, filter)).then(
        ([lines, [counted]]) => [lines, counted?.total ?? 0] as const,
      );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, total, next: last && rows.length > limit ? { before: last.id, total } : null };
}

/** Whom a text means, under all their names. */
async function whoIsMeant(db: Database, who: Pick<Who, "tenantId">, text: string): Promise<PersonFilter> {
  const id = isUuid(text) ? text.toLowerCase() : null;
  const [key, externalId] = [personKey(text) ?? "", externalKey(text) ?? ""];
  const [found] = await onceInTenant(db, who, membersMeant(who.tenantId, { id, key, externalId }));
  return {
    keys: present([key, ...found.flatMap((each) => [each.userNameKey, each.emailKey])]),
    externalIds: present([externalId, ...found.map((each) => each.externalId)]),
    ids: present([id, ...found.map((each) => each.id)]),
  };
}

function present(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
