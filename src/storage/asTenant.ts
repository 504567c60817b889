import { isUuid } from "../base/ids.ts";
import type { Database, Scope } from "./types.ts";

/** A transaction across tenants, as `acrossTenants` opens it. */
export type WideScope = Omit<Scope, "tenantId">;

/**
 * Does a part of a transaction across tenants in one tenant, under its row-level security, and comes back: for work
 * that must be one transaction with what only the server itself may write.
 *
 * What the work throws must end the transaction: the tenant's role is left at its end alone.
 */
export async function asTenant<T>(
  db: Database,
  wide: WideScope,
  tenantId: string,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  if (!isUuid(tenantId)) throw new Error("storage: a tenant id is a UUID");
  const [was] = await wide.trx.run<{ role: string }>({
    name: "tenant_enter",
    text: "select current_setting('role') as role, set_config('role',$1,true), set_config('app.tenant',$2,true)",
    values: [db.tenantRole, tenantId],
  });
  const { trx, actor, now } = wide;
  const result = await work({ trx, tenantId, actor, now });
  await wide.trx.run({
    name: "tenant_leave",
    text: "select set_config('role',$1,true), set_config('app.tenant','',true)",
    values: [was?.role ?? "none"],
  });
  return result;
}
