import { effectivePermissions } from "../../admission/effectivePermissions.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { sessionAllowed } from "./enforcement.ts";
import { type ListedMember, listedMember } from "../members/memberList.store.ts";
import { rulesVersion } from "../roles/rules.store.ts";
import { rulesAt } from "../roles/rules.ts";
import { sessionOf, type Session } from "./sessions.ts";
import { sessionBySignOn, type SessionRow } from "./sessions.store.ts";
import type { SignOn } from "../applications/signOn.store.ts";
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
  return session && withMember(db, session);
}

/** The same of what applications know a session by; the session is without what its cookie alone gives. */
export async function memberSignOn(
  db: Database,
  signOn: SignOn,
  now: Date,
): Promise<Held<SessionRow & { readonly tenantId: string }> | undefined> {
  const [[row]] = await onceInTenant(db, signOn, sessionBySignOn(signOn, now));
  return row && withMember(db, { tenantId: signOn.tenantId, ...row });
}

type Held<S> = Omit<MemberSession, "session"> & { readonly session: S };

async function withMember<S extends SessionRow & { readonly tenantId: string }>(
  db: Database,
  session: S,
): Promise<Held<S> | undefined> {
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
export function isFree({
  session,
}: {
  readonly session: Pick<Session, "mustChangePassword" | "mustAddFactor">;
}): boolean {
  return !session.mustChangePassword && !session.mustAddFactor;
}
