/** Who has access: who has not come in for long, who administers, and what changed since the last review. */
import { everything, permits } from "../../admission/permissions.ts";
import { permissionsOf } from "../../admission/roles.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { cutPage, FIRST_ID, type IdPage, type PageWanted } from "../members/idPage.ts";
import { displayNameOf } from "../members/member.ts";
import { currentRules } from "../roles/rules.ts";
import { countReviewed, reviewedAfter, type ReviewedRow, type ReviewScope } from "./accessReview.store.ts";

/** What is asked. */
export interface ReviewAsked {
  readonly only?: ReviewScope["only"];
  /** Who has not signed in for so many days is inactive. */
  readonly inactiveDays: number;
  /** Changes of roles are told from then on. */
  readonly changedSince: Date;
}

/** One line of the report. */
export interface Reviewed extends Pick<
  ReviewedRow,
  | "id"
  | "email"
  | "status"
  | "breakGlass"
  | "roles"
  | "grants"
  | "seat"
  | "entrance"
  | "createdAt"
  | "lastSignInAt"
  | "inactive"
> {
  readonly displayName: string;
  readonly directory: string | null;
  readonly isAdmin: boolean;
  readonly changes: number;
  readonly latestChange: ReviewedRow["latest"];
}

/** Numbers of the whole tenant; null on later pages. */
export type ReviewTotals = { readonly members: number; readonly admins: number; readonly inactive: number } | null;

/** A page of the report, in the order in which members were added. */
export async function reviewAccess(
  db: Database,
  who: Who,
  asked: ReviewAsked,
  { limit, place }: PageWanted,
): Promise<IdPage<Reviewed> & { readonly totals: ReviewTotals }> {
  const { tenantId } = who;
  const { rules, adminRoles } = await currentRules(db, tenantId);
  const scope = { only: asked.only, adminRoles, ...since(asked, who.now) };
  const page = reviewedAfter(tenantId, scope, place?.after ?? FIRST_ID, limit + 1);
  const counted = place ? [] : [countReviewed(tenantId, scope)];
  const [rows, [numbers] = []] = await onceInTenant(db, who, page, ...counted);
  const { total = 0, ...totals } = numbers ?? { total: place?.total };
  const { items, ...rest } = cutPage(rows, limit, total);
  const isAdmin = (row: ReviewedRow): boolean => permits(permissionsOf(rules.roles, row.roles), everything);
  return {
    ...rest,
    items: items.map((row) => reviewed(row, isAdmin(row))),
    totals: "members" in totals ? totals : null,
  };
}

/** Page after page of the whole report. */
export async function* eachReviewed(
  db: Database,
  who: Who,
  asked: ReviewAsked,
  size: number,
): AsyncGenerator<readonly Reviewed[], void> {
  // A place spares the count, which no file shows.
  let place: PageWanted["place"] | null = { after: FIRST_ID, total: 0 };
  while (place) {
    const page: IdPage<Reviewed> = await reviewAccess(db, who, asked, { limit: size, place });
    yield page.items;
    place = page.next;
  }
}

function since({ inactiveDays, changedSince }: ReviewAsked, now: Date): { quietSince: Date; changedSince: Date } {
  return { quietSince: new Date(now.getTime() - inactiveDays * 86_400_000), changedSince };
}

function reviewed(row: ReviewedRow, isAdmin: boolean): Reviewed {
  const { scim, directoryName, latest, ...rest } = row;
  return { ...rest, displayName: displayNameOf(scim), directory: directoryName, isAdmin, latestChange: latest };
}
