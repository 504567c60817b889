import type { SeatNumbers } from "../../admission/seatLimit.ts";
import { forecast } from "../../admission/seats.ts";
import type { Rules } from "../../admission/types.ts";
import { newId } from "../../base/ids.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { checkedInvitees } from "../invitations/inviteChecks.ts";
import { readQuota, type QuotaState } from "../invitations/inviteQuota.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { personOf } from "../members/member.ts";
import { newMember, profileOfAddress } from "../members/newMember.ts";
import { currentRules, type TenantRules } from "../roles/rules.ts";
import { readSeats } from "../seats/seatNumbers.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { ImportRow } from "./importFile.ts";
import { readByTerms } from "./importTerms.ts";
import type { ImportFault, ReadRow } from "./importRows.ts";

/** What an import would do; nothing is written for it. */
interface ImportReview {
  readonly rows: number;
  /** Rows that would be invited. */
  readonly ready: number;
  /** By row and column, the first ones. */
  readonly faults: readonly ImportFault[];
  readonly faulty: number;
  /** Roles that people would be entitled to, and how many of them. */
  readonly roles: readonly { readonly role: string; readonly people: number }[];
  /** `needed`: those who would ask for a seat; `short`: those of them for whom there is none now. */
  readonly seats: SeatNumbers & { readonly needed: number; readonly short: number };
  readonly quota: QuotaState;
  readonly warnings: readonly ImportWarning[];
}

/** What somebody should look at before it is sent. */
interface ImportWarning {
  readonly code: "everybodyAdmin" | "seatsShort" | "quotaShort";
  readonly text: string;
}

/** Faults that are shown: a table of more is mended in the file. */
const MOST_FAULTS = 1_000;
/** Addresses looked up at once. */
const AT_ONCE = 500;

/** Reviews a file: what is amiss with which cell, who is here already, and what comes of seats, quota and roles. */
export async function reviewImport(
  db: Database,
  who: AdminWho,
  tenant: Tenant,
  file: readonly ImportRow[],
): Promise<ImportReview> {
  const rules = await currentRules(db, who.tenantId);
  const rows = await readByTerms(db, who, rules.rules.roles, file);
  const sound = rows.filter(({ faults }) => faults.length === 0);
  const there = await inTenant(db, who, (scope) => hereAlready(scope, who, rules.rules, sound));
  const here = new Set(there.map(({ row }) => row));
  const ready = sound.filter(({ row }) => !here.has(row));
  const faults = [...rows.flatMap((row) => row.faults), ...there].toSorted((a, b) => a.row - b.row);
  const quota = await readQuota(db, who, tenant);
  const coming = comingOf(ready, rules, who.now);
  const seats = await readSeats(db, who);
  const short = Math.max(0, coming.needed - (seats.remaining ?? Infinity));
  return {
    rows: rows.length,
    ready: ready.length,
    faults: faults.slice(0, MOST_FAULTS),
    faulty: rows.length - ready.length,
    roles: coming.roles,
    seats: { ...seats, needed: coming.needed, short },
    quota,
    warnings: [
      ...(coming.everybodyAdmin ? [EVERYBODY_ADMIN] : []),
      ...(short > 0 ? [seatsShort(coming.needed, short, rules.rules)] : []),
      ...quotaShort(ready.length, quota),
    ],
  };
}

/** Those whose address a member has, or somebody who is invited, in the words of an invitation. */
async function hereAlready(
  scope: Scope,
  { permissions }: AdminWho,
  rules: Rules,
  rows: readonly ReadRow[],
): Promise<ImportFault[]> {
  const faults: ImportFault[] = [];
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const some = rows.slice(i, i + AT_ONCE);
    const invitations = some.map(({ cells }) => ({ email: cells.email }));
    const wish = { invitations, sendEmail: true, partly: true };
    const checked = await checkedInvitees({ ...scope, permissions }, rules, wish, NO_QUOTA);
    for (const [place, each] of checked.entries()) {
      const row = some[place]?.row;
      if (row === undefined || !("refused" in each)) continue;
      const { code, detail } = each.refused;
      faults.push({ row, column: "email", code: code ?? "email_exists", message: detail ?? "" });
    }
  }
  return faults;
}

/** What goes past the quota is no fault of a row. */
const NO_QUOTA: QuotaState = { kind: "none", max: null, remaining: null, resetsAt: null };

interface Coming {
  readonly needed: number;
  readonly roles: ImportReview["roles"];
  readonly everybodyAdmin: boolean;
}

/** Rule 9's forecast for all of them: what is decided of one holds for all of the same roles. */
function comingOf(rows: readonly ReadRow[], { rules, adminRoles }: TenantRules, now: Date): Coming {
  const people = new Map<string, { granted: readonly string[]; count: number }>();
  for (const { roles } of rows) {
    const key = roles.join(" ");
    people.set(key, { granted: roles, count: (people.get(key)?.count ?? 0) + 1 });
  }
  const byRole = new Map<string, number>();
  let [needed, admins] = [0, 0];
  for (const { granted, count } of people.values()) {
    const newcomer = { ...newMember(newId(now), profileOfAddress("someone@example.com", {}), "csv", now), granted };
    const { entitled, seat } = forecast(personOf(newcomer), "csv", rules);
    if (seat.ask === "take") needed += count;
    if (entitled.some((role) => adminRoles.includes(role))) admins += count;
    for (const role of entitled) byRole.set(role, (byRole.get(role) ?? 0) + count);
  }
  const roles = [...byRole].map(([role, count]) => ({ role, people: count })).toSorted((a, b) => b.people - a.people);
  return { needed, roles, everybodyAdmin: rows.length > 0 && admins === rows.length };
}

const EVERYBODY_ADMIN: ImportWarning = {
  code: "everybodyAdmin",
  text: "Everybody in this file would be an admin. Give the role 'admin' only to those who look after members and settings.",
};

function seatsShort(needed: number, short: number, { policy }: Rules): ImportWarning {
  const when = policy.countedStatuses.includes("invited") ? "at once" : "when they accept and no seat is free by then";
  const what = {
    refuse: `are refused ${when}`,
    downgrade: `come in as '${policy.fallbackRole}' ${when}`,
    waitlist: `wait for a seat as '${policy.fallbackRole}' ${when}`,
  }[policy.whenFull.csv];
  const text = `${needed} people need a seat, and for ${short} of them there is none: those who come last ${what}. Free seats or raise the limit first.`;
  return { code: "seatsShort", text };
}

function quotaShort(ready: number, { remaining }: QuotaState): ImportWarning[] {
  if (remaining === null || ready <= remaining) return [];
  const text = `${ready} people would be invited, and the plan has ${remaining} invitations left: the rows after these are refused.`;
  return [{ code: "quotaShort", text }];
}
