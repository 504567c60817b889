import { LRUCache } from "lru-cache";
import { seatPolicy } from "../admission/policy.ts";
import { everything, permits } from "../admission/permissions.ts";
import { roleCatalogue } from "../admission/roles.ts";
import type { Rules } from "../admission/types.ts";
import { Refusal } from "../base/errors.ts";
import { onceInTenant } from "../storage/scope.ts";
import type { Database, Scope } from "../storage/types.ts";
import { rulesRow, type RulesRow } from "./rules.store.ts";

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

/** The rules inside a transaction that holds the lock of the tenant's seats, at the version that it found. */
export async function rulesUnder(db: Database, scope: Scope, version: number): Promise<TenantRules> {
  const known = cacheOf(db).get(scope.tenantId);
  if (known?.version === version) return known;
  const [row] = await scope.trx.run(rulesRow(scope.tenantId));
  const rules = fromRow(row);
  cacheOf(db).set(scope.tenantId, rules);
  return rules;
}

function fromRow(row: RulesRow | undefined): TenantRules {
  if (!row) throw new Refusal("not_found", "no such tenant");
  const roles = roleCatalogue([]);
  return {
    rules: { policy: seatPolicy(row.settings.seats), roles, mappings: row.mappings.map(({ mapping }) => mapping) },
    version: row.rulesVersion,
    limited: row.limit !== null,
    adminRoles: [...roles.values()].filter((role) => permits(role.permissions, everything)).map(({ slug }) => slug),
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
