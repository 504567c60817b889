import { permissionsOf } from "../admission/roles.ts";
import { onceInTenant } from "../storage/scope.ts";
import type { Database } from "../storage/types.ts";
import type { ListedMember } from "./memberList.store.ts";
import { readMember } from "./memberList.ts";
import { rulesOf } from "./rules.ts";
import { sessionOf, type Session } from "./sessions.ts";
import type { Tenant } from "./tenant.ts";
import { tenantById } from "./tenants.store.ts";

/** A session, whose it is, and what they may do now. */
export interface MemberSession {
  readonly session: Session;
  readonly member: ListedMember;
  readonly tenant: Tenant;
  /** None until a password that somebody else chose is changed. */
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
  const [[tenant]] = await onceInTenant(db, session, tenantById(session.tenantId));
  if (!tenant) return undefined;
  const member = await readMember(db, session, session.memberId);
  const { rules } = await rulesOf(db, session.tenantId);
  const permissions = session.mustChangePassword ? [] : permissionsOf(rules.roles, member.roles);
  return { session, member, tenant, permissions };
}
