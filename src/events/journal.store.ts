import type { Scope, Statement } from "../storage/types.ts";
import type { Event } from "./event.ts";

const COLUMNS = "tenant_id,id,type,actor_type,actor_id,target_type,target_id,at,data";

/** Writes an event in the transaction of what it tells. */
export async function record(scope: Pick<Scope, "trx" | "tenantId">, told: Event): Promise<void> {
  await scope.trx.run(insertEvent(scope.tenantId, told));
}

/** The event as a statement of its own, for a batch. */
export function insertEvent(tenantId: string, told: Event): Statement {
  const places = Array.from({ length: eventValues(told).length }, (_, i) => `$${i + 2}`).join(",");
  return {
    name: "event_insert",
    text: `insert into events (${COLUMNS}) values ($1,${places})`,
    values: [tenantId, ...eventValues(told)],
  };
}

/**
 * The part of a larger statement that writes its event, once for each row of `cte`; `$1` is the tenant and the values
 * of `eventValues` stand at `$first` and after it.
 */
export function toldBy(cte: string, first: number): string {
  const casts = ["uuid", "text", "text", "uuid", "text", "uuid", "timestamptz", "jsonb"];
  const places = casts.map((type, i) => `$${first + i}::${type}`).join(",");
  return `insert into events (${COLUMNS}) select $1::uuid,${places} from ${cte}`;
}

/** The values that `toldBy` names. */
export function eventValues({ id, type, actor, target, at, data }: Event): unknown[] {
  return [id, type, actor.type, actor.id ?? null, target.type, target.id, at, JSON.stringify(data)];
}
