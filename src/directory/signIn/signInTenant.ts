import { Refusal } from "../../base/errors.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { domainOf, withParents } from "../domains/domainName.ts";
import { ownerOf } from "../domains/domains.store.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { findTenant } from "../tenants/tenants.ts";

/**
 * The tenant that somebody means to sign in to: by name, else by the verified domain of their address, the most
 * specific one first.
 *
 * @throws Refusal `invalid_request` where neither tells
 */
export async function findSignInTenant(
  db: Database,
  now: Date,
  { reference, email }: { reference?: string | undefined; email: string | undefined },
): Promise<Tenant> {
  const tenant = await signInTenant(db, now, { reference, email });
  if (tenant) return tenant;
  throw new Refusal("invalid_request", "Name the organisation: its slug, as in tenant=acme.");
}

/** The same; undefined where neither tells, or there is no such tenant. */
export async function signInTenant(
  db: Database,
  now: Date,
  { reference, email }: { reference?: string | undefined; email: string | undefined },
): Promise<Tenant | undefined> {
  const reader = { actor: { type: "system" }, now } as const;
  const named = reference ?? (await byDomain(db, reader, email));
  if (named === undefined) return undefined;
  try {
    // Slugs and ids are in small letters; who types one may write it as they like.
    return await findTenant(db, reader, named.toLowerCase());
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return undefined;
    throw error;
  }
}

async function byDomain(
  db: Database,
  reader: Parameters<typeof acrossTenants>[1],
  email: string | undefined,
): Promise<string | undefined> {
  const domain = email === undefined ? null : domainOf(email);
  if (domain === null) return undefined;
  const [owner] = await acrossTenants(db, reader, ({ trx }) => trx.run(ownerOf(withParents(domain))));
  return owner?.tenantId;
}
