import { Refusal } from "../base/errors.ts";
import { accountTenants, enterTenant, openTicket, proveAccount } from "../directory/accounts/accountSignIn.ts";
import type { PasswordCredentials, PasswordSignIn } from "../directory/signIn/passwordSignIn.ts";
import type { Call } from "./route.ts";

/**
 * Signs in by an account where no tenant was named.
 *
 * @returns what the right password comes to in the one tenant that it opens; undefined where it is no account's
 * @throws SignInStopped; Refusal `conflict` with `tenants` where there are several or none, `forbidden` where the account
 * is not what counts there
 */
export async function signInByAccount(
  { db, actor, now, from }: Call,
  credentials: PasswordCredentials,
): Promise<{ tenantId: string; entered: PasswordSignIn } | undefined> {
  const system = { actor, now };
  const account = await proveAccount(db, system, credentials, from.ip);
  if (!account) return undefined;
  const tenants = await accountTenants(db, system, account.id);
  const [only] = tenants;
  if (!only || tenants.length > 1) {
    const detail = only
      ? "The account opens several organisations: name one as tenant."
      : "The account opens none yet.";
    throw new Refusal("conflict", detail, {
      extra: { tenants: tenants.map(({ id, slug, name }) => ({ id, slug, name })) },
    });
  }
  const ticket = await openTicket(db, system, account);
  const entered = await enterTenant(db, system, ticket, only.id, from);
  if (entered.elsewhere)
    throw new Refusal("forbidden", `Name the organisation as tenant: ${only.slug}. It signs in by rules of its own.`);
  return { tenantId: only.id, entered };
}
