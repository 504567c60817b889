/** What holds of every sign-in by what is Usher's own: a password or a passkey (rule 28). */
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Scope } from "../../storage/types.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { holdEnforcement, localStanding } from "./enforcement.store.ts";
import { passwordAllowed } from "../accounts/passwordAllowed.ts";
import { SignInStopped } from "./signInStopped.ts";

/**
 * Asks in the transaction that opens the session: what is demanded while this waits is seen, and what is demanded after
 * it ends the session.
 *
 * @throws SignInStopped `sso_required`
 */
export async function checkLocalSignIn({ trx, tenantId }: Scope, memberId: string): Promise<{ breakGlass: boolean }> {
  await trx.run(holdEnforcement(tenantId));
  const [standing] = await trx.run(localStanding(tenantId, memberId));
  if (!standing) throw new SignInStopped("suspended", "the member is gone", memberId);
  const { ssoRequired, domains, breakGlass } = standing;
  if (passwordAllowed(standing, { ssoRequired, domains: new Set(domains) })) return { breakGlass };
  throw new SignInStopped("sso_required", "this organisation signs in through its identity provider", memberId);
}

/** Each use of an emergency access is told, and mailed to the admins. */
export async function tellBreakGlass(scope: Scope, memberId: string): Promise<void> {
  await record(scope, event(scope, "member.break_glass_used", { type: "member", id: memberId }));
  const at = `${scope.now.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  await mailAdmins(scope, { message: "breakGlassUsed", values: { at } });
}
