import { acrossTenants } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { accountPassword } from "./accounts.store.ts";
import type { PasswordRow } from "../signIn/passwordSignIn.store.ts";

/** The member's own in this tenant (rule 26), else that of the account which its holder has attached. */
export async function presentHash(
  db: Database,
  who: Who,
  found: Pick<PasswordRow, "passwordHash" | "accountId"> | undefined,
): Promise<string | null> {
  const { passwordHash = null, accountId = null } = found ?? {};
  if (passwordHash !== null || accountId === null) return passwordHash;
  const [account] = await acrossTenants(db, who, ({ trx }) => trx.run(accountPassword(accountId)));
  return account?.passwordHash ?? null;
}
