import { effectivePermissions } from "../../admission/effectivePermissions.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { sessionAllowed } from "./enforcement.ts";
import { type ListedMember, listedMember } from "../members/memberList.store.ts";
import { rulesVersion } from "../roles/rules.store.ts";
import { rulesAt } from "../roles/rules.ts";
import { sessionOf, type Session } from "./sessions.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** A session, whose it is, and what they may do now. */
export interface MemberSession {
  readonly session: Session;
  readonly member: ListedMember;
  readonly tenant: Tenant;
  /** None until a password that somebody else chose is changed, and a second factor that must be is there. */
  readonly permissions: readonly string[];
}

/**
 * The member of a session cookie, with the roles in force at this moment: what changes counts at the next request.
 *
 * @returns undefined for a cookie that opens nothing (any more)
 */
export async function memberSessionOf(db: Database, cookie: string, now: Date): Promise<MemberSession | undefined> {
  const session = await sessionOf(db, cookie, now);
  if (!session) return undefined;
  const { tenantId } = session;
  const [[tenant], [at], [member]] = await onceInTenant(
    db,
    session,
    tenantById(tenantId),
    rulesVersion(tenantId),
    listedMember(tenantId, session.memberId),
  );
  if (!tenant || !member) return undefined;
  if (!(await sessionAllowed(db, tenant, session, member))) return undefined;
  const { rules } = await rulesAt(db, tenantId, at?.version);
  const permissions = isFree({ session }) ? effectivePermissions(rules.roles, member) : [];
  return { session, member, tenant, permissions };
}

/** Whether a session does what it was opened for: no password or second factor must come first. */
export function isFree({ session }: Pick<MemberSession, "session">): boolean {
  return !session.mustChangePassword && !session.mustAddFactor;
}
