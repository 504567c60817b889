/** Many who write one group, its members and the mappings of it at the same time: nobody is lost (row 31). */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../../src/base/errors.ts";
import { createScimGroup } from "../../src/directory/directories/scimGroups.ts";
import { world, type World } from "../directory/mappingWorld.ts";
import { groupClient, values } from "../provisioning/groupClient.ts";
import { call, makeTenant, scimUser } from "../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../start/serverProcess.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { patchOp } from "../support/scim.ts";

const MANY = 50;

async function crowd({ person }: World, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => person(`p${i}`)));
}

/** Memberships of people, or in groups, that are not there. */
async function orphans({ db, tenantId }: World): Promise<number> {
  const text = `select count(*)::int as n from memberships x where tenant_id = $1
    and not (exists (select from members m where m.tenant_id = $1 and m.id = x.member_id)
      and exists (select from groups g where g.tenant_id = $1 and g.id = x.group_id))`;
  return ((await db.pool.query(text, [tenantId])).rows[0] as { n: number }).n;
}

describe("fifty who are added to one group in parallel", () => {
  it("are fifty members, each told once, and the version counts them", async () => {
    const client = await groupClient();
    const people = await client.people(...Array.from({ length: MANY }, (_, i) => `p${i}`));
    const id = await client.newGroup("Everybody");
    const answers = await Promise.all(
      people.map((member) => client.change(id, { op: "add", path: "members", value: values([member]) })),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
    assert.deepEqual(await client.membersOf(id), people.toSorted());
    assert.equal(await client.versionOf(id), `W/"${MANY + 1}"`);
    const { rows } = await client.db.pool.query(
      `select data->'added'->>0 as member from events where tenant_id = $1 and type = 'group.members_changed'`,
      [client.who.tenantId],
    );
    assert.deepEqual((rows as { member: string }[]).map(({ member }) => member).sort(), people.toSorted());
  }).timeout(120_000);

  it("leave as many when others are removed meanwhile", async () => {
    const client = await groupClient();
    const people = await client.people(...Array.from({ length: MANY }, (_, i) => `p${i}`));
    const [stay, go] = [people.slice(0, MANY / 2), people.slice(MANY / 2)];
    const id = await client.newGroup("Everybody", go);
    await Promise.all([
      ...stay.map((member) => client.change(id, { op: "add", path: "members", value: values([member]) })),
      ...go.map((member) => client.change(id, { op: "remove", path: `members[value eq "${member}"]` })),
    ]);
    assert.deepEqual(await client.membersOf(id), stay.toSorted());
  }).timeout(120_000);
});

describe("mappings that are written while members are added", () => {
  for (const round of [1, 2, 3]) {
    it(`miss nobody, and the counter equals the rows (round ${round})`, async () => {
      const here = await world({ seatLimit: 12, settings: { seats: { whenFull: { scim: "waitlist" } } } });
      const sales = await here.group("Sales");
      await here.group("Others");
      await here.map({ group: "Others", role: "member" });
      const people = await crowd(here, 24);
      await Promise.all([
        ...people.slice(0, 12).map((id) => here.join(sales, id)),
        here.map({ group: "Sales", role: "member" }),
        ...people.slice(12).map((id) => here.join(sales, id)),
      ]);
      const members = await Promise.all(people.map(here.member));
      assert.deepEqual(
        members.map(({ mapped }) => mapped),
        people.map(() => "member"),
      );
      assert.equal(members.filter(({ seat }) => seat === "held").length, 12);
      assert.equal(await here.seats(), "12/12 waiting 12");
    });
  }
});

describe("groups and their members", () => {
  it("keep no membership of whoever is removed while a group is made with them", async () => {
    const here = await world();
    const people = await crowd(here, 12);
    await Promise.all(
      people.flatMap((id, i) => [
        createScimGroup(here.db, here.who(), { displayName: `g${i}` }, people, undefined),
        here.unpush(id),
      ]),
    );
    assert.equal(await orphans(here), 0);
  });

  it("keep none of whoever is removed while they are added, and mapped groups do neither", async () => {
    const here = await world();
    const people = await crowd(here, 12);
    const [plain, mapped] = [await here.group("Plain"), await here.group("Mapped")];
    await here.map({ group: "Mapped", role: "member" });
    await Promise.all(people.flatMap((id) => [here.join(plain, id), here.unpush(id), here.join(mapped, id)]));
    assert.equal(await orphans(here), 0);
  });

  it("keep no membership in a group that is deleted while people are added to it", async () => {
    const here = await world();
    const people = await crowd(here, 12);
    const groups = await Promise.all(Array.from({ length: 6 }, (_, i) => here.group(`g${i}`, ...people.slice(6))));
    const moves = groups.flatMap((id) => [
      ...people.slice(0, 6).map((person) => here.join(id, person)),
      here.drop(id),
      here.join(id, ...people),
    ]);
    for (const outcome of await Promise.allSettled(moves)) {
      if (outcome.status === "rejected") assert.ok(isRefusal(outcome.reason, "not_found"), String(outcome.reason));
    }
    const { rows } = await here.db.pool.query("select from memberships where tenant_id = $1", [here.tenantId]);
    assert.equal(rows.length, 0);
  });

  it("of one name are one, of many who make it at once", async () => {
    const here = await world();
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => here.group("Sales")));
    const refused = results.filter((each) => each.status === "rejected");
    assert.equal(refused.length, 7);
    for (const { reason } of refused) assert.ok(isRefusal(reason, "name_exists"), String(reason));
  });
});

withPostgres("fifty who are added to one group over two server processes", (postgres) => {
  let folder: string;
  let servers: ServerProcess[] = [];
  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), "usher-groups-"));
    const environment = { DATABASE_URL: postgres().url, USHER_DATA_DIR: folder };
    servers = await Promise.all([startServer(environment), startServer(environment)]);
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.end("SIGTERM")));
    rmSync(folder, { recursive: true });
  });

  it("are fifty members", async () => {
    const [first] = servers;
    assert.ok(first);
    const { token } = await makeTenant(first.url);
    const scim = (i: number, method: string, path: string, body?: unknown) =>
      call(method, `${servers[i % servers.length]?.url ?? ""}/scim/v2${path}`, token, body);
    const people = await Promise.all(
      Array.from({ length: MANY }, (_, i) => scim(i, "POST", "/Users", scimUser(`p${i}@example.com`))),
    );
    const group = await scim(0, "POST", "/Groups", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName: "All",
    });
    const path = `/Groups/${String(group.body["id"])}`;
    const answers = await Promise.all(
      people.map(({ body }, i) =>
        scim(i, "PATCH", path, patchOp({ op: "add", path: "members", value: [{ value: body["id"] }] })),
      ),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
    const { body } = await scim(1, "GET", path);
    assert.equal((body["members"] as unknown[]).length, MANY);
  }).timeout(120_000);
});
