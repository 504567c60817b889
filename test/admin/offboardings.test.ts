/** What people leave behind who are suspended or removed, who takes over, and an erasure that waits for that. */
import assert from "node:assert/strict";
import { CREATES } from "../../src/directory/members/adminMembers.ts";
import { removeUnderLock } from "../../src/directory/members/removeMember.ts";
import { underLock } from "../../src/directory/members/underLock.ts";
import { offboardingJobs } from "../../src/directory/offboarding/offboarding.ts";
import type { Claimed } from "../../src/events/jobs.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { world } from "../directory/mappingWorld.ts";
import { roleWorld } from "../directory/roleWorld.ts";
import { tellLeavers } from "../support/leavers.ts";
import { type Call, items, refused } from "./place.ts";

type Options = Parameters<typeof roleWorld>[0];
type Row = Record<string, unknown>;

const STRANGER = "01900000-0000-7000-8000-000000000000";

/** A tenant with an admin, and Bea, who is to leave. */
async function office(options: Options = {}) {
  const here = await roleWorld(options);
  await here.add("admin@acme.example", { roles: ["admin"] });
  const bea = String((await here.add("bea@acme.example", { roles: ["member"] }))["id"]);
  const cem = String((await here.add("cem@acme.example", { roles: ["member"] }))["id"]);
  const tell = (): Promise<void> => tellLeavers(here.db, here.tenantId);
  const told = async (type = "offboarding"): Promise<Row[]> => {
    await tell();
    return (await here.told("member")).filter(([name]) => name === `member.${type}`).map(([, data]) => data);
  };
  const list = async (query = ""): Promise<Row[]> => {
    await tell();
    return items(await here.call("GET", `/offboardings${query}`));
  };
  const only = async (): Promise<Row> => {
    const [first, ...rest] = await list();
    assert.ok(first && rest.length === 0);
    return first;
  };
  const acknowledge = (id: unknown, reassignedTo: readonly string[]) =>
    here.call("POST", `/offboardings/${String(id)}/acknowledge`, { reassignedTo });
  return {
    ...here,
    bea,
    cem,
    tell,
    told,
    list,
    only,
    acknowledge,
    hold: (more: object = {}) => hold(here.call, bea, more),
  };
}

type Office = Awaited<ReturnType<typeof office>>;

async function hold(call: Call, id: string, more: object): Promise<void> {
  const { status, text } = await call("PATCH", `/members/${id}`, { hold: true, ...more });
  assert.equal(status, 200, text);
}

/** The jobs of a kind that wait, as a worker would do them when they are due. */
async function lapse({ db, tenantId }: Office, kind = "offboarding.due"): Promise<number> {
  const { rows } = await db.pool.query(
    "select id, kind, key, payload, run_at as due from jobs where tenant_id = $1 and kind = $2",
    [tenantId, kind],
  );
  const handler = offboardingJobs[kind];
  assert.ok(handler && "within" in handler);
  for (const row of rows as (Pick<Claimed, "id" | "kind" | "key" | "payload"> & { due: Date })[]) {
    const who = { tenantId, actor: { type: "system" }, now: row.due } as const;
    const job: Claimed = { ...row, tenantId, attempts: 1, createdAt: row.due };
    await inTenant(db, who, (scope) => handler.within(scope, job));
  }
  return rows.length;
}

const nothing = {
  teams: [],
  resources: [],
  reports: [],
  reportCount: 0,
  isContact: false,
  apiKeys: [],
  scimTokens: [],
};

describe("member.offboarding", () => {
  /** Bea with everything that can be left behind; answers what should be told of it. */
  async function laden(here: Office): Promise<Row> {
    await here.agent("a1");
    await here.give(here.bea, { resources: [{ area: "agents", id: "a1", actions: ["edit", "view"] }] });
    const team = await here.call("POST", "/teams", { name: "Support", members: [here.bea] });
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const { id: report } = await here.push("report@acme.example", { [enterprise]: { manager: { value: here.bea } } });
    await here.call("PUT", "/contact", { name: "Bea", email: "BEA@acme.example" });
    const { rows } = await here.db.pool.query(
      `insert into api_keys (tenant_id, id, name, permissions, hash, created_by, created_at)
       values ($1, uuid_v7(now()), 'bot', '{events:view}', '\\x00', 'member:' || $2::text, now()) returning id`,
      [here.tenantId, here.bea],
    );
    return {
      ...nothing,
      roles: ["member"],
      teams: [team.body.id],
      resources: [{ area: "agents", id: "a1", actions: ["edit", "view"] }],
      reports: [report],
      reportCount: 1,
      isContact: true,
      apiKeys: [(rows as { id: string }[])[0]?.id],
    };
  }

  it("tells at a suspension what there is to reassign: teams, agents, roles, reports, keys, contact (S2.18)", async () => {
    const here = await office();
    const leaves = await laden(here);
    await here.hold();
    const [data, ...rest] = await here.told();
    const { id } = await here.only();
    assert.deepEqual(rest, []);
    assert.deepEqual(data, { offboarding: id, cause: "suspended", reassignTo: null, dueAt: null, ...leaves });
  });

  it("tells at a removal what would be gone with the member (S2.33)", async () => {
    const here = await office();
    const leaves = await laden(here);
    assert.equal((await here.call("DELETE", `/members/${here.bea}`)).status, 204);
    const offboarding = await here.only();
    assert.deepEqual([offboarding["memberId"], offboarding["cause"]], [here.bea, "removed"]);
    assert.deepEqual(offboarding["leaves"], leaves);
    const [data] = await here.told();
    assert.equal(data?.["cause"], "removed");
  });

  it("is told once by each door: an admin, a bulk change, a directory's flag, its deletion of one, its own deletion", async () => {
    const here = await office();
    const pushed = await Promise.all(["d1", "d2", "d3"].map((name) => here.push(`${name}@acme.example`)));
    const [d1 = "", d2 = "", d3 = ""] = pushed.map(({ id }) => id);
    await here.hold();
    await here.call("POST", "/members/bulk", { action: "hold", ids: [here.cem, here.bea] });
    await here.activate(d1, false);
    await here.unpush(d2);
    await here.call("DELETE", `/directories/${here.directoryId}?members=suspend`);
    const left = (await here.list()).map(({ memberId, cause }) => `${String(memberId)} ${String(cause)}`);
    const expected = [`${here.bea} suspended`, `${here.cem} suspended`, `${d1} suspended`, `${d2} removed`];
    assert.deepEqual(left.toSorted(), [...expected, `${d3} suspended`].toSorted());
    assert.equal((await here.told()).length, 5);
  });

  it("is not told of who was not active: suspended when they were made, or never in", async () => {
    const here = await office();
    const { id } = await here.push("off@acme.example", {});
    await here.activate(id, false);
    await here.tell();
    await here.db.pool.query("delete from offboardings where tenant_id = $1", [here.tenantId]);
    await here.hold({ jobTitle: "Agent" });
    await here.call("PATCH", `/members/${here.bea}`, { jobTitle: "Former agent" });
    await here.call("PATCH", `/members/${id}`, { hold: true });
    assert.deepEqual(
      (await here.list()).map(({ memberId }) => memberId),
      [here.bea],
    );
  });

  it("is not told where the change was refused (rule 17)", async () => {
    const here = await roleWorld();
    const { id } = await here.add("admin@acme.example", { roles: ["admin"] });
    refused(await here.call("PATCH", `/members/${String(id)}`, { hold: true }), 409, "last_admin");
    refused(await here.call("DELETE", `/members/${String(id)}`), 409, "last_admin");
    assert.deepEqual(items(await here.call("GET", "/offboardings")), []);
  });

  it("of a removal takes the place of that of the suspension before it", async () => {
    const here = await office();
    await here.hold();
    await here.tell();
    await here.call("DELETE", `/members/${here.bea}`);
    assert.deepEqual([(await here.only())["cause"], (await here.told()).length], ["removed", 2]);
  });

  it("is told once where the suspension is read only after the removal, and of who is back by then not at all", async () => {
    const here = await office();
    await here.hold();
    await here.call("DELETE", `/members/${here.bea}`);
    await hold(here.call, here.cem, {});
    assert.equal((await here.call("PATCH", `/members/${here.cem}`, { hold: false })).status, 200);
    assert.deepEqual([(await here.only())["cause"], (await here.told()).length], ["removed", 1]);
  });

  it("of a removal stays where the suspension before it is read while it is under way, and with it who is erased", async () => {
    const here = await office({ settings: { members: { removal: "erase", offboardingDays: 5 } } });
    await here.hold();
    const { db, tenantId } = here;
    const who = { tenantId, actor: { type: "operator" }, now: new Date() } as const;
    const gate = { open: () => {}, removed: () => {} };
    const opened = new Promise<void>((resolve) => (gate.open = resolve));
    const removed = new Promise<void>((resolve) => (gate.removed = resolve));
    const removal = inTenant(db, who, async (scope) => {
      await removeUnderLock(scope, await underLock(db, scope), here.bea, CREATES, () => {});
      gate.removed();
      await opened;
    });
    await removed;
    const telling = here.tell();
    // Until it waits for the removal, or for the one connection that there is.
    await new Promise((resolve) => setTimeout(resolve, 200));
    gate.open();
    await Promise.all([removal, telling]);
    const { cause, person } = await here.only();
    assert.deepEqual([cause, (person as Row)["email"]], ["removed", "bea@acme.example"]);
    assert.equal((await here.told()).length, 1);
  });

  it("of a removal stays where a reactivation before it is read only then, and with it who is erased", async () => {
    const here = await office({ settings: { members: { removal: "erase", offboardingDays: 5 } } });
    await here.hold();
    await here.tell();
    assert.equal((await here.call("PATCH", `/members/${here.bea}`, { hold: false })).status, 200);
    await here.call("DELETE", `/members/${here.bea}`);
    const { cause, person } = await here.only();
    assert.deepEqual([cause, (person as Row)["email"]], ["removed", "bea@acme.example"]);
    assert.equal(await lapse(here), 2);
    assert.deepEqual([(await here.told("erased")).length, (await here.told("offboarding_overdue")).length], [1, 1]);
  });

  it("tells roles and teams by groups of a directory that goes with its groups, and once", async () => {
    const here = await world();
    await here.add("admin@acme.example", { roles: ["admin"] });
    const dan = await here.person("dan");
    const sales = await here.group("Sales");
    await here.map({ group: "Sales", role: "admin" });
    const team = await here.call("POST", "/teams", { name: "Sales" });
    assert.equal((await here.call("PATCH", `/teams/${team.body.id}`, { groups: ["Sales"] })).status, 200);
    await here.join(sales, dan);
    assert.deepEqual((await here.member(dan)).roles, ["admin"]);
    await here.call("DELETE", `/directories/${here.directoryId}?members=suspend`);
    await tellLeavers(here.db, here.tenantId);
    const told = items(await here.call("GET", "/events?type=member.offboarding"));
    const [{ roles, teams } = {}] = told.map(({ data }) => data as Row);
    assert.deepEqual([roles, teams, told.length], [["admin"], [team.body.id], 1]);
  });

  it("names who takes over in no event but that of the suspension", async () => {
    const here = await office();
    const { id } = await here.push("off@acme.example");
    await here.activate(id, false);
    await hold(here.call, id, { reassignTo: here.cem });
    assert.deepEqual((await here.told("updated")).at(-1)?.["reassignTo"], undefined);
    await here.hold({ reassignTo: here.cem });
    const suspended = (await here.told("suspended")).at(-1);
    assert.deepEqual([suspended?.["reassignTo"], suspended?.["rolesBefore"]], [here.cem, ["member"]]);
  });

  it("is told anew of who comes and leaves again, read at once or one by one, and stays one", async () => {
    for (const tell of [true, false]) {
      const here = await office();
      for (const held of [true, false, true]) {
        assert.equal((await here.call("PATCH", `/members/${here.bea}`, { hold: held })).status, 200);
        if (tell) await here.tell();
      }
      assert.deepEqual([(await here.told()).length, (await here.only())["memberId"]], [tell ? 2 : 1, here.bea]);
    }
  });

  it("tells the roles that were in force before the suspension, and who caused it", async () => {
    const here = await office({ settings: { members: { offboardingDays: 3 } } });
    const key = await here.as("*");
    assert.equal((await key("PATCH", `/members/${here.bea}`, { hold: true, roles: ["viewer"] })).status, 200);
    const [data] = await here.told();
    assert.deepEqual(data?.["roles"], ["member"]);
    const { items: events } = (await here.call("GET", "/events?type=member.offboarding")).body;
    assert.equal(events[0].actor.type, "api_key");
  });

  it("is taken back by a reactivation, which needs a seat (S2.19)", async () => {
    const here = await office({ seatLimit: 3, settings: { members: { offboardingDays: 5 } } });
    await here.hold();
    await here.add("dan@acme.example", { roles: ["member"] });
    refused(await here.call("PATCH", `/members/${here.bea}`, { hold: false }), 409, "seat_limit_reached");
    assert.equal((await here.only())["status"], "open");
    await here.call("PATCH", `/members/${here.cem}`, { roles: ["viewer"] });
    assert.equal((await here.call("PATCH", `/members/${here.bea}`, { hold: false })).status, 200);
    assert.deepEqual(await here.list(), []);
    assert.equal(await lapse(here), 1);
    assert.deepEqual(await here.told("offboarding_overdue"), []);
  });

  it("names whom an admin wants to take over, at a suspension and at a removal (S2.18)", async () => {
    const here = await office();
    await here.hold({ reassignTo: here.cem });
    assert.equal((await here.only())["reassignTo"], here.cem);
    await here.call("DELETE", `/members/${here.bea}?reassignTo=${here.cem}`);
    assert.deepEqual(
      (await here.told()).map(({ reassignTo }) => reassignTo),
      [here.cem, here.cem],
    );
  });

  it("names nobody who cannot take over, and then nobody leaves", async () => {
    const [here, there] = [await office(), await office()];
    const { id: off } = await here.push("off@acme.example");
    await here.activate(off, false);
    for (const wrong of [here.bea, here.bea.toUpperCase(), there.cem, STRANGER, off, "cem"]) {
      const body = { hold: true, reassignTo: wrong };
      refused(await here.call("PATCH", `/members/${here.bea}`, body), 400, "invalid_request");
      refused(await here.call("DELETE", `/members/${here.bea}?reassignTo=${wrong}`), 400, "invalid_request");
    }
    for (const body of [{ reassignTo: here.cem }, { hold: false, reassignTo: here.cem }]) {
      refused(await here.call("PATCH", `/members/${here.bea}`, body), 400, "invalid_request");
    }
    assert.equal((await here.member(here.bea)).status, "active");
    assert.equal((await here.told()).length, 1);
  });
});

describe("/offboardings", () => {
  it("records who took over, once, and shows it in the journal (S2.18)", async () => {
    const here = await office();
    await here.hold();
    const { id } = await here.only();
    const done = await here.acknowledge(id, [here.cem]);
    assert.equal(done.status, 200, done.text);
    assert.deepEqual([done.body.status, done.body.reassignedTo], ["acknowledged", [here.cem]]);
    assert.equal((await here.acknowledge(id, [here.cem.toUpperCase()])).status, 200);
    refused(await here.acknowledge(id, []), 409, "conflict");
    assert.deepEqual(await here.told("offboarding_acknowledged"), [{ offboarding: id, reassignedTo: [here.cem] }]);
    assert.deepEqual(await here.list("?status=open"), []);
    assert.equal((await here.list("?status=acknowledged")).length, 1);
  });

  it("refuses successors who are none, and changes nothing", async () => {
    const [here, there] = [await office(), await office()];
    await here.hold();
    const { id } = await here.only();
    for (const wrong of [[here.bea], [there.cem], [here.cem, STRANGER], ["x"], [here.cem, here.cem]]) {
      refused(await here.acknowledge(id, wrong), 400, "invalid_request");
    }
    assert.equal((await here.only())["status"], "open");
  });

  it("is no other tenant's, and needs the right to edit members", async () => {
    const [here, there] = [await office(), await office()];
    await here.hold();
    const { id } = await here.only();
    refused(await there.acknowledge(id, []), 404, "not_found");
    refused(await there.call("GET", `/offboardings/${String(id)}`), 404, "not_found");
    refused(await here.acknowledge(STRANGER, []), 404, "not_found");
    const viewer = await here.as("members:view");
    assert.equal((await viewer("GET", `/offboardings/${String(id)}`)).status, 200);
    refused(await viewer("POST", `/offboardings/${String(id)}/acknowledge`, { reassignedTo: [] }), 403, "forbidden");
    refused(await (await here.as("teams:view"))("GET", "/offboardings"), 403, "forbidden");
  });

  it("is paged", async () => {
    const here = await office();
    await here.hold();
    await hold(here.call, here.cem, {});
    await here.tell();
    const { body } = await here.call("GET", "/offboardings?limit=1");
    assert.equal(body.total, 2);
    const next = await here.call("GET", `/offboardings?limit=1&cursor=${body.nextCursor}`);
    assert.deepEqual(
      [...body.items, ...next.body.items].map(({ memberId }) => memberId),
      [here.bea, here.cem],
    );
    assert.equal(next.body.nextCursor, null);
  });
});

describe("an erasure that waits for the application (members.offboardingDays)", () => {
  const waiting: Options = { settings: { members: { removal: "erase", offboardingDays: 5 } } };

  /** How many lines of the provisioning log still know Bea. */
  async function known({ db, tenantId }: Office): Promise<number> {
    const { rows } = await db.pool.query(
      "select from provisioning_log where tenant_id = $1 and email_key = 'bea@acme.example'",
      [tenantId],
    );
    return rows.length;
  }

  const line = ({ db, tenantId }: Office, at = "now()"): Promise<unknown> =>
    db.pool.query(
      `insert into provisioning_log (tenant_id, id, at, method, path, status, email_key)
       values ($1, uuid_v7(now()), ${at}, 'POST', '/Users', 201, 'bea@acme.example')`,
      [tenantId],
    );

  async function leaver(options = waiting): Promise<Office> {
    const here = await office(options);
    await line(here);
    assert.equal((await here.call("DELETE", `/members/${here.bea}`)).status, 204);
    return here;
  }

  it("does not keep the access: the member is gone, with sessions and seat, at once (S1.30)", async () => {
    const here = await office({ ...waiting, seatLimit: 5 });
    await here.session(here.bea);
    const sessions = "select from sessions where tenant_id = $1";
    assert.equal((await here.db.pool.query(sessions, [here.tenantId])).rowCount, 1);
    await here.call("DELETE", `/members/${here.bea}`);
    assert.equal((await here.db.pool.query(sessions, [here.tenantId])).rowCount, 0);
    refused(await here.call("GET", `/members/${here.bea}`), 404, "not_found");
    assert.equal(await here.seats(), "2/5 waiting 0 over 0");
  });

  it("keeps who it is until the acknowledgement, and erases with it (S4.11)", async () => {
    const here = await leaver();
    const { id, person, dueAt, createdAt } = await here.only();
    assert.deepEqual(person, { displayName: "Ana Berg", email: "bea@acme.example" });
    assert.equal(Date.parse(String(dueAt)) - Date.parse(String(createdAt)), 5 * 86_400_000);
    assert.equal(await known(here), 1);
    assert.deepEqual(await here.told("erased"), []);
    const done = await here.acknowledge(id, [here.cem]);
    assert.equal(done.body.person, null);
    assert.equal(await known(here), 0);
    assert.deepEqual(await here.told("erased"), [{}]);
    const { rows } = await here.db.pool.query("select person from offboardings where tenant_id = $1", [here.tenantId]);
    assert.deepEqual(rows, [{ person: null }]);
  });

  it("happens when the time is over, and the application is told", async () => {
    const here = await leaver();
    const { id } = await here.only();
    assert.equal(await lapse(here), 1);
    assert.equal(await known(here), 0);
    assert.deepEqual(await here.told("offboarding_overdue"), [{ offboarding: id }]);
    assert.deepEqual(await here.told("erased"), [{}]);
    assert.deepEqual([(await here.only())["status"], (await here.only())["person"]], ["overdue", null]);
    await lapse(here);
    assert.equal((await here.told("offboarding_overdue")).length, 1);
  });

  it("is not undone by a late acknowledgement, which is written down", async () => {
    const here = await leaver();
    const { id } = await here.only();
    await lapse(here);
    assert.equal((await here.acknowledge(id, [here.cem])).body.status, "acknowledged");
    assert.equal((await here.told("erased")).length, 1);
  });

  it("happens once where acknowledgement and end of the time come together", async () => {
    const here = await leaver();
    const { id } = await here.only();
    await Promise.all([here.acknowledge(id, [here.cem]), lapse(here)]);
    assert.equal((await here.told("erased")).length, 1);
    assert.equal((await here.only())["status"], "acknowledged");
  });

  it("leaves alone who has come since under the same address", async () => {
    const here = await leaver();
    await line(here, "now() + interval '1 minute'");
    await here.add("bea@acme.example");
    await lapse(here);
    assert.equal(await known(here), 1);
  });

  it("does not wait where the tenant waits for nobody: erased at once (S4.11)", async () => {
    const here = await leaver({ settings: { members: { removal: "erase" } } });
    assert.equal(await known(here), 0);
    assert.deepEqual(await here.told("erased"), [{}]);
    assert.deepEqual([(await here.only())["dueAt"], (await here.only())["person"]], [null, null]);
    assert.equal(await lapse(here), 0);
  });

  it("is done again a minute after one at once, for lines that a log had under way then (S4.11)", async () => {
    const here = await leaver({ settings: { members: { removal: "erase" } } });
    // The directory had looked for them a moment before, and lines of reads are written in batches.
    await line(here, "now() - interval '10 seconds'");
    await here.acknowledge((await here.only())["id"], [here.cem]);
    assert.equal(await known(here), 1);
    assert.equal(await lapse(here, "offboarding.late"), 1);
    assert.equal(await known(here), 0);
    assert.equal((await here.told("erased")).length, 1);
    const { rows } = await here.db.pool.query("select person from offboardings where tenant_id = $1", [here.tenantId]);
    assert.deepEqual(rows, [{ person: null }]);
  });

  it("is none where removal leaves the workspace: the application is waited for, and nothing erased (S3.25)", async () => {
    const here = await leaver({ settings: { members: { offboardingDays: 1 } } });
    assert.equal((await here.only())["person"], null);
    assert.equal(await lapse(here), 1);
    assert.equal(await known(here), 1);
    assert.deepEqual([(await here.told("erased")).length, (await here.told("offboarding_overdue")).length], [0, 1]);
  });

  it("waits 90 days at most", async () => {
    const here = await office();
    for (const offboardingDays of [-1, 91, 1.5, "5"]) {
      const settings = { members: { offboardingDays } };
      refused(await here.call("PATCH", "", { settings }), 400, "invalid_request");
    }
    assert.equal((await here.call("PATCH", "", { settings: { members: { offboardingDays: 90 } } })).status, 200);
  });
});
