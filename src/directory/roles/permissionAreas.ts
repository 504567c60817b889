/** What the vendor's applications let people do: areas of permissions, which the operator declares as data. */
import {
  checkDeclared,
  foreignAreas,
  ownAreas,
  type PermissionArea,
  type PermissionAreas,
} from "../../admission/permissions.ts";
import { Refusal } from "../../base/errors.ts";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import {
  addArea,
  areasWithResources,
  declaredAreas,
  deleteAreas,
  holdAreas,
  lockAreas,
  permissionsInUse,
  writeArea,
  type AreaRow,
} from "./permissionAreas.store.ts";
import type { Operator } from "../tenants/plans.ts";

/** Areas by their names, as the operator writes and reads them. */
export type DeclaredAreas = Readonly<Record<string, PermissionArea>>;

/** All that are declared. */
export function listAreas(db: Database, operator: Operator): Promise<DeclaredAreas> {
  return acrossTenants(db, operator, async ({ trx }) => byName(await trx.run(declaredAreas)));
}

/**
 * Replaces what is declared. What a role or member somewhere has stays declared.
 *
 * @returns all areas
 * @throws Refusal `invalid_request` for the name of an area of Usher's own, `conflict` for what is in use
 */
export async function putAreas(db: Database, operator: Operator, areas: DeclaredAreas): Promise<DeclaredAreas> {
  const wanted: PermissionAreas = new Map(Object.entries(areas));
  const own = [...wanted.keys()].filter((area) => ownAreas.has(area));
  if (own.length > 0) {
    const errors = own.map((area) => ({ path: `/${area}`, message: `'${area}' is Usher's own; choose another name.` }));
    throw new Refusal("invalid_request", errors.map(({ message }) => message).join(" "), { errors });
  }
  return acrossTenants(db, operator, async ({ trx }) => {
    const before = await trx.run(lockAreas);
    await checkUnused({ trx }, before, wanted);
    await trx.run(deleteAreas(before.map(({ area }) => area).filter((area) => !wanted.has(area))));
    for (const [area, declared] of wanted) await trx.run(writeArea({ area, ...declared }));
    return byName(await trx.run(declaredAreas));
  });
}

/** Declares what of these is missing; takes nothing away. */
export async function addAreas(db: Database, operator: Operator, areas: DeclaredAreas): Promise<void> {
  // In one order, so that two who add the same do not wait for each other in a circle.
  const wanted = Object.entries(areas).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (wanted.length === 0) return;
  await acrossTenants(db, operator, async ({ trx }) => {
    for (const [area, declared] of wanted) await trx.run(addArea({ area, ...declared }));
  });
}

/** What a tenant's roles may hold: Usher's own areas, then those of applications. */
export interface AvailableArea extends AreaRow {
  readonly own: boolean;
}

/** The areas that there are for a tenant. */
export async function availableAreas(db: Database, who: Who): Promise<AvailableArea[]> {
  const [declared] = await onceInTenant(db, who, declaredAreas);
  const own = [...ownAreas].map(([area, more]) => ({ area, ...more, own: true }));
  return [...own, ...declared.map((area) => ({ ...area, own: false }))];
}

/**
 * Refuses permissions that nobody declared; those that are stay so until the transaction ends.
 *
 * @param path JSON Pointer of the list
 * @returns the application's areas that they name
 * @throws Refusal `invalid_request` with a path for each
 */
export async function checkDeclaredIn(
  scope: Pick<Scope, "trx">,
  permissions: readonly string[],
  path: string,
): Promise<PermissionAreas> {
  const named = foreignAreas(permissions);
  const held = named.length === 0 ? [] : await scope.trx.run(holdAreas(named));
  const declared = new Map(held.map(({ area, ...more }) => [area, more]));
  checkDeclared(permissions, declared, path);
  return declared;
}

async function checkUnused(
  { trx }: Pick<Scope, "trx">,
  before: readonly AreaRow[],
  after: PermissionAreas,
): Promise<void> {
  const gone = before.flatMap(({ area, actions }) =>
    actions.filter((action) => !after.get(area)?.actions.includes(action)).map((action) => `${area}:${action}`),
  );
  const used = gone.length === 0 ? [] : (await trx.run(permissionsInUse(gone))).map(({ permission }) => permission);
  const unscoped = before
    .filter(({ area, scoped }) => scoped && after.get(area)?.scoped !== true)
    .map(({ area }) => area);
  const kept = unscoped.length === 0 ? [] : await trx.run(areasWithResources(unscoped));
  const words = [...used, ...kept.map(({ area }) => `resources of ${area}`)];
  if (words.length === 0) return;
  throw new Refusal(
    "conflict",
    `Tenants still have ${words.join(", ")}: take them out of roles and members first, or leave them declared.`,
    { extra: { inUse: words } },
  );
}

function byName(rows: readonly AreaRow[]): DeclaredAreas {
  return Object.fromEntries(rows.map(({ area, ...declared }) => [area, declared]));
}
