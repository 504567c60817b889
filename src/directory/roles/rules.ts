import { LRUCache } from "lru-cache";
import { seatPolicy } from "../../admission/policy.ts";
import { adminRoles, roleCatalogue } from "../../admission/roles.ts";
import type { Rules } from "../../admission/types.ts";
import { Refusal } from "../../base/errors.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { rulesRow, rulesVersion, type RulesRow } from "./rules.store.ts";

/** A tenant's rules as of a version; a write made by them is refused by the database once the version has moved on. */
export interface TenantRules {
  readonly rules: Rules;
  readonly version: number;
  /** Whether seats are counted. */
  readonly limited: boolean;
  /** The roles that administer: those with every permission. */
  readonly adminRoles: readonly string[];
}

const TENANTS_CACHED = 10_000;
const caches = new WeakMap<Database, LRUCache<string, TenantRules>>();

/**
 * The tenant's rules, from memory where they are: every write names the version it was decided by (`SeatDoor`), so old
 * ones can decide nothing.
 *
 * @throws Refusal `not_found`
 */
export async function rulesOf(db: Database, tenantId: string): Promise<TenantRules> {
  const known = cacheOf(db).get(tenantId);
  if (known) return known;
  const [[row]] = await onceInTenant(db, { tenantId }, rulesRow(tenantId));
  const rules = fromRow(row);
  cacheOf(db).set(tenantId, rules);
  return rules;
}

/**
 * The rules at this moment, for what is shown and for what somebody may do: the version is asked for, so that a change of
 * any process counts at the next request.
 *
 * @throws Refusal `not_found`
 */
export async function currentRules(db: Database, tenantId: string): Promise<TenantRules> {
  const [[found]] = await onceInTenant(db, { tenantId }, rulesVersion(tenantId));
  return rulesAt(db, tenantId, found?.version);
}

/** The rules of a version that was read just now. @throws Refusal `not_found` */
export async function rulesAt(db: Database, tenantId: string, version: number | undefined): Promise<TenantRules> {
  if (cacheOf(db).get(tenantId)?.version !== version) cacheOf(db).delete(tenantId);
  return rulesOf(db, tenantId);
}

/** The rules inside a transaction that holds the lock of the tenant's seats, at the version that it found. */
export async function rulesUnder(db: Database, scope: Scope, version: number): Promise<TenantRules> {
  const known = cacheOf(db).get(scope.tenantId);
  if (known?.version === version) return known;
  const [row] = await scope.trx.run(rulesRow(scope.tenantId));
  const rules = fromRow(row);
  cacheOf(db).set(scope.tenantId, rules);
  return rules;
}

/** The rules as this transaction has left them. They are in no cache, for it may yet fail. */
export async function rulesWithin(scope: Pick<Scope, "trx" | "tenantId">): Promise<TenantRules> {
  const [row] = await scope.trx.run(rulesRow(scope.tenantId));
  return fromRow(row);
}

function fromRow(row: RulesRow | undefined): TenantRules {
  if (!row) throw new Refusal("not_found", "no such tenant");
  const roles = roleCatalogue(row.roles);
  return {
    rules: { policy: seatPolicy(row.settings.seats), roles, mappings: row.mappings.map(({ mapping }) => mapping) },
    version: row.rulesVersion,
    limited: row.limit !== null,
    adminRoles: adminRoles(roles),
  };
}

function cacheOf(db: Database): LRUCache<string, TenantRules> {
  let cache = caches.get(db);
  if (!cache) {
    cache = new LRUCache({ max: TENANTS_CACHED });
    caches.set(db, cache);
  }
  return cache;
}
