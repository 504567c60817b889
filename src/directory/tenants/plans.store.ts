import type { Statement } from "../../storage/types.ts";
import type { Quota } from "./tenantSettings.ts";

/** What a plan sells. */
export interface Plan {
  /** Null = unlimited. */
  readonly seatLimit: number | null;
  readonly invitationQuota: Quota;
  readonly features: readonly string[];
}

/** A plan with its name. */
export interface PlanRow extends Plan {
  readonly slug: string;
}

const PLAN = `slug, seat_limit as "seatLimit", invitation_quota as "invitationQuota", features`;

/** All plans. */
export const allPlans: Statement<PlanRow> = {
  name: "plan_list",
  text: `select ${PLAN} from plans order by slug`,
  values: [],
};

/**
 * One plan, unchanged until the transaction ends: a tenant that comes to a plan, and a change of the plan that goes
 * through its tenants, see each other.
 */
export function holdPlan(slug: string): Statement<PlanRow> {
  return { name: "plan_hold", text: `select ${PLAN} from plans where slug = $1 for share`, values: [slug] };
}

/** Writes plans as they shall be; others stay. */
export function writePlan(slug: string, plan: Plan): Statement {
  return {
    name: "plan_write",
    text: `insert into plans (slug, seat_limit, invitation_quota, features) values ($1,$2,$3,$4)
      on conflict (slug) do update
      set (seat_limit, invitation_quota, features) = row(excluded.seat_limit, excluded.invitation_quota, excluded.features)`,
    values: [slug, plan.seatLimit, JSON.stringify(plan.invitationQuota), plan.features],
  };
}

/** The tenants whose seats are not yet what these plans say. */
export function tenantsBehindPlans(slugs: readonly string[]): Statement<{ id: string }> {
  return {
    name: "plan_behind",
    text: `select t.id from tenants t join plans p on p.slug = t.plan join tenant_seats s on s.tenant_id = t.id
      where t.plan = any($1) and t.deleted_at is null and not t.has_seat_limit
        and s.seat_limit is distinct from p.seat_limit order by t.id`,
    values: [slugs],
  };
}
