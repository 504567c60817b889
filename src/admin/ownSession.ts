import { Refusal } from "../base/errors.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import type { Who } from "../storage/types.ts";
import type { Call } from "./route.ts";

/**
 * The member who calls about their own affairs.
 *
 * @throws Refusal `unauthenticated`, `forbidden` while a password or second factor is asked for
 */
export function ownSession({ session, actor, now }: Call): MemberSession & { readonly who: Who } {
  if (!session) throw new Refusal("unauthenticated", "Sign in first.");
  const { mustChangePassword, mustAddFactor } = session.session;
  if (mustChangePassword) throw new Refusal("forbidden", "Change the password that somebody else chose first.");
  if (mustAddFactor) throw new Refusal("forbidden", "Add a second factor first.");
  return { ...session, who: { tenantId: session.tenant.id, actor, now } };
}
