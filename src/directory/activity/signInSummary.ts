import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { noSuchMember } from "../members/changeMember.ts";
import { deviceName } from "../signIn/deviceName.ts";
import { signInsSeen, type Frequency, type SeenFrom, type SignInsSeen } from "./signInSummary.store.ts";

/** A member's sign-ins in numbers: when last, how often, from where and with what. */
export interface SignInSummary {
  readonly lastSignInAt: Date | null;
  readonly signedIn: Frequency;
  readonly refused: Frequency;
  /** Different days of the last 90 (UTC) on which they signed in. */
  readonly days: number;
  readonly ips: readonly SeenFrom[];
  /** Browser and system, as people know them. */
  readonly devices: readonly SeenFrom[];
}

/** @throws Refusal `not_found` */
export async function readSignInSummary(db: Database, who: Who, memberId: string): Promise<SignInSummary> {
  const [[found]] = await onceInTenant(db, who, signInsSeen(who.tenantId, memberId, who.now));
  if (!found) throw noSuchMember(memberId);
  const { ips, devices, ...rest } = found;
  const dated = (seen: SignInsSeen["ips"]): SeenFrom[] =>
    seen.map((each) => ({ ...each, lastAt: new Date(each.lastAt) }));
  const named = dated(devices).map((each) => ({ ...each, from: deviceName(each.from) }));
  return { ...rest, ips: dated(ips), devices: together(named) };
}

/** One browser calls itself otherwise with each of its versions. */
function together(seen: readonly SeenFrom[]): SeenFrom[] {
  const all = new Map<string | null, SeenFrom>();
  for (const each of seen) {
    const before = all.get(each.from);
    // The latest comes first.
    all.set(each.from, before ? { ...before, times: before.times + each.times } : each);
  }
  return [...all.values()];
}
