import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { Refusal } from "../../base/errors.ts";
import { countSignIns, signInById, signInsBelow, type SignInLine } from "./signIns.store.ts";

/** A page of the sign-in log, the latest first. */
export interface SignInPage {
  readonly items: readonly SignInLine[];
  readonly total: number;
  readonly next: { readonly id: string; readonly total: number } | null;
}

/**
 * Who tried to sign in, with what result and why.
 *
 * @param memberId null = of everybody, those whom nobody here is among them
 * @param from where the page before it ended; null = the first
 */
export async function readSignIns(
  db: Database,
  who: Who,
  memberId: string | null,
  limit: number,
  from: SignInPage["next"],
): Promise<SignInPage> {
  const page = signInsBelow(who.tenantId, memberId, from?.id ?? null, limit + 1);
  const [rows, counted] = from
    ? [(await onceInTenant(db, who, page))[0], from.total]
    : await onceInTenant(db, who, page, countSignIns(who.tenantId, memberId)).then(
        ([lines, [row]]) => [lines, row?.count ?? 0] as const,
      );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, total: counted, next: rows.length > limit && last ? { id: last.id, total: counted } : null };
}

/**
 * One try, by the reference that the person was shown.
 *
 * @throws Refusal `not_found`
 */
export async function readSignIn(db: Database, who: Who, id: string): Promise<SignInLine> {
  const [[line]] = await onceInTenant(db, who, signInById(who.tenantId, id));
  if (!line) throw new Refusal("not_found", `no sign-in ${id}`);
  return line;
}
