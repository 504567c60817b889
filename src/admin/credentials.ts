/** Who calls, and which tenant they mean. */
import type { IncomingMessage } from "node:http";
import { everything, permits } from "../admission/permissions.ts";
import { Refusal } from "../base/errors.ts";
import { sameSecret } from "../base/secrets.ts";
import { authenticateApiKey } from "../directory/apiKeys.ts";
import type { Tenant } from "../directory/tenant.ts";
import { findTenant, noSuchTenant } from "../directory/tenants.ts";
import { bearerToken } from "../http/bearer.ts";
import type { Actor, Database } from "../storage/types.ts";
import type { Route } from "./route.ts";

/** Who calls. */
export interface Caller {
  readonly actor: Actor;
  readonly permissions: readonly string[];
  /** The only tenant that an API key reaches; null for the operator, who reaches all. */
  readonly home: Tenant | null;
}

/**
 * Who sent a request: the operator, or an API key.
 *
 * @throws Refusal `unauthenticated`
 */
export async function callerOf(
  req: IncomingMessage,
  { db, operatorKeys }: { db: Database; operatorKeys: readonly string[] },
  now: Date,
): Promise<Caller> {
  const token = bearerToken(req);
  if (isOperator(token, operatorKeys)) return { actor: { type: "operator" }, permissions: [everything], home: null };
  const { keyId, permissions, tenant } = await authenticateApiKey(db, token, now);
  return { actor: { type: "api_key", id: keyId }, permissions, home: tenant };
}

/** Compares with every key, so that time does not tell which one came close. */
function isOperator(token: string, keys: readonly string[]): boolean {
  return keys.filter((key) => sameSecret(key, token)).length > 0;
}

/**
 * The tenant of a path, by slug or id.
 *
 * @throws Refusal `not_found`, the same for a tenant that is not there and for one that this caller does not reach
 */
export async function tenantOf(caller: Caller, reference: string, db: Database, now: Date): Promise<Tenant> {
  const { actor, home } = caller;
  if (home === null) return findTenant(db, { actor, now }, reference);
  if (reference === home.slug || reference.toLowerCase() === home.id) return home;
  throw noSuchTenant(reference);
}

/**
 * Refuses a caller who may not use this route.
 *
 * @throws Refusal `forbidden`
 */
export function checkPermission(caller: Caller, { permission }: Pick<Route, "permission">): void {
  if (permission === "public" || caller.actor.type === "operator") return;
  if (permission === "operator") throw new Refusal("forbidden", "This is for the operator key alone.");
  if (permits(caller.permissions, permission)) return;
  const detail = `This needs the permission ${permission}. Use a credential that has it.`;
  throw new Refusal("forbidden", detail, { extra: { permission } });
}
