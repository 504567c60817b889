import { Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { acrossTenants, inTenant } from "../../storage/scope.ts";
import type { Actor, Database, Scope } from "../../storage/types.ts";
import { allPlans, holdPlan, type Plan, type PlanRow, tenantsBehindPlans, writePlan } from "./plans.store.ts";
import { useSeats } from "../roles/redecide.ts";
import { tenantById } from "./tenants.store.ts";
import { underLock } from "../members/underLock.ts";

/** Who acts across tenants, and when. */
export interface Operator {
  readonly actor: Actor;
  readonly now: Date;
}

/** All plans by name. */
export function listPlans(db: Database, operator: Operator): Promise<Record<string, Plan>> {
  return acrossTenants(db, operator, async ({ trx }) => byName(await trx.run(allPlans)));
}

function byName(rows: readonly PlanRow[]): Record<string, Plan> {
  return Object.fromEntries(rows.map(({ slug, ...plan }) => [slug, plan]));
}

/**
 * Writes the named plans; others stay as they are. A changed limit goes to each tenant on the plan that has none of its
 * own, one tenant after the other, each under its lock. Should this end half-way, the same call again ends it.
 *
 * @returns all plans
 */
export async function putPlans(
  db: Database,
  operator: Operator,
  plans: Readonly<Record<string, Plan>>,
): Promise<Record<string, Plan>> {
  const slugs = Object.keys(plans).sort();
  const behind = await acrossTenants(db, operator, async ({ trx }) => {
    for (const slug of slugs) await trx.run(writePlan(slug, plans[slug] as Plan));
    return slugs;
  });
  const tenants = await acrossTenants(db, operator, ({ trx }) => trx.run(tenantsBehindPlans(behind)));
  for (const { id } of tenants) {
    await inTenant(db, { ...operator, tenantId: id }, (scope) => followPlan(db, scope));
  }
  return listPlans(db, operator);
}

/** Gives a tenant its plan's limit, unless it has one of its own by now. */
export async function followPlan(db: Database, scope: Scope): Promise<void> {
  const { seats, rules } = await underLock(db, scope);
  const [tenant] = await scope.trx.run(tenantById(scope.tenantId));
  if (!tenant || tenant.plan === null || tenant.ownLimit) return;
  const { seatLimit } = await planUnder(scope, tenant.plan);
  if (seatLimit === seats.limit) return;
  await useSeats(scope, seatLimit, rules);
  const data = { plan: tenant.plan, seatLimit: [seats.limit, seatLimit] };
  await record(scope, event(scope, "plan.changed", { type: "plan", id: null }, data));
}

/**
 * A plan that stays as it is until the transaction ends.
 *
 * @throws Refusal `invalid_request` when there is none of this name
 */
export async function planUnder({ trx }: Pick<Scope, "trx">, slug: string): Promise<PlanRow> {
  const [plan] = await trx.run(holdPlan(slug));
  if (plan) return plan;
  const message = `names no plan; GET /plans lists those there are`;
  throw new Refusal("invalid_request", `plan ${message}.`, { errors: [{ path: "/plan", message }] });
}
