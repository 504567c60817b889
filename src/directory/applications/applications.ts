/**
 * The vendor's applications: clients of the OpenID Provider. They are the operator's, for people of all tenants; what
 * they get to know of somebody is in `signOn.store.ts`.
 */
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { FIRST_ID, type IdPage, type IdPlace } from "../members/idPage.ts";
import type { Operator } from "../tenants/plans.ts";
import * as store from "./applications.store.ts";
import type { Application } from "./applications.store.ts";
import { checkUris } from "./applicationUris.ts";

/** What an operator writes of an application. */
export type NewApplication = Omit<Application, "clientId" | "createdAt" | "updatedAt">;

/**
 * Registers an application.
 *
 * @returns the application, and its secret, which is shown this once; null of what cannot keep one
 * @throws Refusal `invalid_request` for an address that no browser may be sent to
 */
export async function createApplication(
  db: Database,
  operator: Operator,
  wanted: NewApplication,
): Promise<{ application: Application; clientSecret: string | null }> {
  checkUris(wanted);
  const { now } = operator;
  const application = { ...wanted, clientId: newId(now), createdAt: now, updatedAt: now };
  const clientSecret = wanted.type === "web" ? newSecret() : null;
  const hash = clientSecret === null ? null : hashToken(clientSecret);
  await acrossTenants(db, operator, ({ trx }) => trx.run(store.insertApplication(application, hash)));
  return { application, clientSecret };
}

/** A page of them, in the order in which they were made. */
export async function listApplications(
  db: Database,
  operator: Operator,
  { place, limit }: { place: IdPlace | undefined; limit: number },
): Promise<IdPage<Application>> {
  const after = place?.after ?? FIRST_ID;
  return acrossTenants(db, operator, async ({ trx }) => {
    const found = await trx.run(store.applicationsAfter(after, limit + 1));
    const total = place?.total ?? (await trx.run(store.countApplications))[0]?.count ?? 0;
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, total, next: found.length > limit && last ? { after: last.clientId, total } : null };
  });
}

/** @throws Refusal `not_found` */
export async function readApplication(db: Database, operator: Operator, clientId: string): Promise<Application> {
  const [found] = await acrossTenants(db, operator, ({ trx }) => trx.run(store.applicationByClientId(clientId)));
  if (!found) throw noSuchApplication(clientId);
  const { secretHash: _hash, oldSecretHash: _old, oldSecretUntil: _until, ...application } = found;
  return application;
}

/**
 * Changes what is given of an application. Its type stays: whether it keeps a secret decides how it proves itself.
 *
 * @throws Refusal `not_found`, `invalid_request`
 */
export async function changeApplication(
  db: Database,
  operator: Operator,
  clientId: string,
  change: Partial<Omit<NewApplication, "type">>,
): Promise<Application> {
  return acrossTenants(db, operator, async ({ trx }) => {
    const [found] = await trx.run(store.lockApplication(clientId));
    if (!found) throw noSuchApplication(clientId);
    const changed = { ...found, ...change, updatedAt: operator.now };
    checkUris(changed);
    await trx.run(store.updateApplication(changed));
    return changed;
  });
}

/** What it was given opens nothing any more, at once. @throws Refusal `not_found` */
export async function removeApplication(db: Database, operator: Operator, clientId: string): Promise<void> {
  const [gone] = await acrossTenants(db, operator, ({ trx }) => trx.run(store.deleteApplication(clientId)));
  if (!gone) throw noSuchApplication(clientId);
}

/**
 * Gives an application another secret.
 *
 * @param keepOldSeconds for which the one before is good beside it; 0 after a leak
 * @throws Refusal `not_found`, `conflict` where there is no secret
 */
export async function renewSecret(
  db: Database,
  operator: Operator,
  clientId: string,
  keepOldSeconds: number,
): Promise<{ clientSecret: string }> {
  const { now } = operator;
  const clientSecret = newSecret();
  const oldUntil = keepOldSeconds === 0 ? null : new Date(now.getTime() + keepOldSeconds * 1000);
  await acrossTenants(db, operator, async ({ trx }) => {
    const [found] = await trx.run(store.lockApplication(clientId));
    if (!found) throw noSuchApplication(clientId);
    const [replaced] = await trx.run(store.replaceSecret(clientId, hashToken(clientSecret), oldUntil));
    if (!replaced)
      throw new Refusal("conflict", `An application of type ${found.type} has no secret: PKCE is its proof.`);
  });
  return { clientSecret };
}

/** Whether browsers may be sent to this origin, for an application of ours is there. */
export async function isApplicationOrigin(db: Database, origin: string, now: Date): Promise<boolean> {
  const reader = { actor: { type: "system" }, now } as const;
  const [row] = await acrossTenants(db, reader, ({ trx }) => trx.run(store.applicationAtOrigin(origin)));
  return row?.known ?? false;
}

function noSuchApplication(clientId: string): Refusal {
  return new Refusal("not_found", `There is no application ${clientId}. GET /apps lists those there are.`);
}
