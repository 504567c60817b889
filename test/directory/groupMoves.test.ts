import assert from "node:assert/strict";
import { moveMembers } from "../../src/directory/directories/groups.store.ts";
import { event } from "../../src/events/event.ts";
import { inTenant } from "../../src/storage/scope.ts";
import type { Scope, Statement } from "../../src/storage/types.ts";
import { groupClient, type GroupClient } from "../provisioning/groupClient.ts";

const MEMBERS = 5000;

/** A node of `explain (analyze, format json)`, as far as it tells what was read. */
interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
}

describe("what a change of a large group reads, under row-level security", () => {
  let client: GroupClient;
  let id: string;
  let newcomer = "";
  let present = "";

  before(async () => {
    client = await groupClient();
    id = await client.newGroup("Everybody");
    [newcomer = "", present = ""] = await client.people("newcomer", "present");
    await client.change(id, { op: "add", path: "members", value: [{ value: present }] });
    // Nobody looks at who these are.
    await client.db.pool.query(
      `insert into memberships (tenant_id, group_id, member_id)
        select $1, $2, gen_random_uuid() from generate_series(1, $3::int)`,
      [client.who.tenantId, id, MEMBERS],
    );
    await client.db.pool.query("analyze members, groups, memberships");
  });

  const move = ({ tenantId, actor, now }: Scope, add: readonly string[], remove: readonly string[]): Statement =>
    moveMembers(
      tenantId,
      client.directoryId,
      id,
      { replace: false, add, remove },
      { rulesVersion: 1, named: false },
      event({ actor, now }, "group.members_changed", { type: "group", id }),
    );

  /** The memberships that a change read, found or passed over. */
  const readBy = (add: readonly string[], remove: readonly string[]): Promise<number> =>
    inTenant(client.db, client.who, async (scope) => {
      const { text, values } = move(scope, add, remove);
      const explain: Statement<{ "QUERY PLAN": readonly { Plan: PlanNode }[] }> = {
        text: `explain (analyze, format json) ${text}`,
        values,
      };
      const [row] = await scope.trx.run(explain);
      return row?.["QUERY PLAN"].reduce((sum, { Plan }) => sum + membershipsIn(Plan), 0) ?? NaN;
    });

  it("adds a member without reading the others", async () => {
    assert.ok((await readBy([newcomer], [])) < 10);
  });
  it("adds one who is there without reading the others", async () => {
    assert.ok((await readBy([present], [])) < 10);
  });
  it("removes a member without reading the others", async () => {
    assert.ok((await readBy([], [present])) < 10);
  });
});

function membershipsIn(node: PlanNode): number {
  const rows = (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
  const own = node["Relation Name"] === "memberships" ? rows : 0;
  return (node.Plans ?? []).reduce((sum, each) => sum + membershipsIn(each), own);
}
