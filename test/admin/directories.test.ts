import assert from "node:assert/strict";
import { directoryJobs } from "../../src/directory/directories/deleteDirectory.ts";
import { newId } from "../../src/base/ids.ts";
import { createScimGroup } from "../../src/directory/directories/scimGroups.ts";
import { writeRoleMappings } from "../../src/directory/roles/roleMappings.ts";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { world } from "../directory/mappingWorld.ts";
import { workUntil } from "../events/working.ts";
import { refused } from "./place.ts";
import { assertCounted, eventTypes, people, person, seatsHeld, storedMembers } from "../directory/people.ts";

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

async function newDirectory(tenantId: string, name = "Okta"): Promise<string> {
  const { status, body, text } = await operator.post(`/tenants/${tenantId}/directories`, { name, provider: "okta" });
  assert.equal(status, 201, text);
  return body.id;
}

describe("POST /tenants/{t}/directories", () => {
  it("makes a directory, and lists it after the default one", async () => {
    const { id } = await newTenant();
    await newDirectory(id);
    const { body } = await operator.get(`/tenants/${id}/directories`);
    const shown = body.items.map((one: { name: string; provider: string }) => [one.name, one.provider]);
    assert.deepEqual(shown, [
      ["default", "other"],
      ["Okta", "okta"],
    ]);
    assert.equal(body.total, 2);
    assert.equal(body.nextCursor, null);
  });

  for (const name of ["default", "Default", "ｄｅｆａｕｌｔ", " default"]) {
    it(`refuses "${name}", which a reader takes for a name that is there`, async () => {
      const { id } = await newTenant();
      const { status, body } = await operator.post(`/tenants/${id}/directories`, { name });
      assert.equal(status, 409);
      assert.equal(body.code, "name_exists");
      assert.equal((await operator.get(`/tenants/${id}/directories`)).body.total, 1);
    });
  }

  it("takes a name that another tenant has", async () => {
    for (const { id } of [await newTenant(), await newTenant()]) await newDirectory(id, "Entra ID");
  });

  for (const body of [{}, { name: "" }, { name: "x".repeat(201) }, { name: 7 }, { name: "x", id: "y" }]) {
    it(`refuses ${JSON.stringify(body).slice(0, 40)}`, async () => {
      const { id } = await newTenant();
      assert.equal((await operator.post(`/tenants/${id}/directories`, body)).status, 400);
    });
  }
});

describe("PATCH /tenants/{t}/directories/{id}", () => {
  it("renames, and lets the directory keep its own name in other letters", async () => {
    const { id } = await newTenant();
    const path = `/tenants/${id}/directories/${await newDirectory(id)}`;
    assert.equal((await operator.patch(path, { name: "OKTA" })).body.name, "OKTA");
    assert.equal((await operator.patch(path, { provider: "entra" })).body.name, "OKTA");
    assert.equal((await operator.patch(path, { name: "DEFAULT" })).status, 409);
  });

  it("records nothing when nothing changes", async () => {
    const { id } = await newTenant();
    const path = `/tenants/${id}/directories/${await newDirectory(id)}`;
    for (const body of [{}, { name: "Okta" }, { provider: "okta" }]) {
      assert.equal((await operator.patch(path, body)).status, 200);
    }
    assert.equal((await eventTypes(id)).includes("directory.updated"), false);
  });
});

/** A directory of more members than one transaction leads out: an admin first, then one who copies make many. */
async function large(count: number): Promise<{ id: string; directoryId: string; path: string; adminId: string }> {
  const { id } = await newTenant({ seatLimit: 10_000 });
  const directoryId = await newDirectory(id);
  const admin = await person(id, "scim", { directoryId, granted: ["admin"] });
  const first = await person(id, "scim", { directoryId });
  const { pool } = await testDatabase();
  const { rows } = await pool.query(
    `select string_agg(quote_ident(attname), ',') as columns from pg_attribute where attrelid = 'members'::regclass
       and attnum > 0 and not attisdropped and attgenerated = '' and attname not in ('id','user_name_key')`,
  );
  const { columns } = rows[0] as { columns: string };
  await pool.query(
    `insert into members (id, user_name_key, ${columns}) select gen_random_uuid(), 'n' || n, ${columns}
       from members, generate_series(1, $3::int) n where tenant_id = $1 and id = $2`,
    [id, first.id, count - 2],
  );
  await pool.query("update tenant_seats set used = $2 where tenant_id = $1", [id, count]);
  return { id, directoryId, path: `/tenants/${id}/directories/${directoryId}`, adminId: admin.id };
}

describe("DELETE /tenants/{t}/directories/{id} of more than 1,000 members", () => {
  const MANY = 1_302;

  async function runOf(
    id: string,
    run: string,
  ): Promise<{ status: string; total: number; done: number; changed: number }> {
    const { status, body, text } = await operator.get(`/tenants/${id}/reconciliations/${run}`);
    assert.equal(status, 200, text);
    return body;
  }

  /** The job, cut off so many times behind its work, as by a process that dies before the commit. */
  async function carriedOut(id: string, run: string, cuts: number): Promise<number[]> {
    const handler = directoryJobs(await testDatabase())["directories.empty"];
    assert.ok("within" in handler);
    let left = cuts;
    const within: typeof handler.within = async (scope, job) => {
      await handler.within(scope, job);
      left -= 1;
      if (left >= 0) throw new Error("cut off");
    };
    const seen: number[] = [];
    await workUntil({ "directories.empty": { within } }, async () => {
      const { done, status } = await runOf(id, run);
      seen.push(done);
      return status === "done";
    });
    return seen;
  }

  it("is a job with progress that suspends each once, goes on where it was cut off, and deletes the directory last", async () => {
    const { id, path, directoryId } = await large(MANY);
    await person(id, "admin", { granted: ["admin"] });
    await operator.post(`/tenants/${id}/scim-tokens`, { name: "dies", directoryId });
    const reply = await operator.delete(`${path}?members=suspend`);
    assert.equal(reply.status, 202, reply.text);
    const begun = reply.body;
    assert.deepEqual([begun.cause, begun.status, begun.total, begun.done], ["directory", "running", MANY, 1]);
    // The tokens are dead at once, nobody makes another one, and asking again begins no second job.
    assert.equal((await operator.get(`/tenants/${id}/scim-tokens`)).body.total, 0);
    assert.equal(
      (await operator.post(`/tenants/${id}/scim-tokens`, { name: "new", directoryId })).body.code,
      "conflict",
    );
    assert.equal((await operator.delete(`${path}?members=keep`)).body.id, begun.id);
    const { items } = (await operator.get(`/tenants/${id}/directories`)).body;
    assert.deepEqual(
      items.map(({ name, status }: Record<string, string>) => [name, status]),
      [
        ["default", "active"],
        ["Okta", "closing"],
      ],
    );
    const seen = await carriedOut(id, begun.id, 2);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.deepEqual((await runOf(id, begun.id)).done, MANY);
    const members = await storedMembers(id);
    assert.equal(members.filter(({ status }) => status === "suspended").length, MANY);
    assert.ok(members.every((member) => member.directory_id === null));
    await assertCounted(id);
    const types = await eventTypes(id);
    assert.equal(types.filter((type) => type === "member.suspended").length, MANY);
    for (const type of ["directory.switched_off", "directory.deleted"]) {
      assert.equal(types.filter((each) => each === type).length, 1, type);
    }
    assert.equal((await operator.get(`/tenants/${id}/directories`)).body.total, 1);
    assert.equal((await operator.delete(path)).status, 404);
  }).timeout(240_000);

  it("keeps members as they are where that is asked for, in human hands", async () => {
    const { id, path } = await large(1_101);
    const { body } = await operator.delete(path);
    await carriedOut(id, body.id, 0);
    const members = await storedMembers(id);
    assert.ok(members.every(({ status, seat, hold }) => status === "active" && seat === "held" && !hold));
    assert.ok(members.every((member) => member.directory_id === null));
    await assertCounted(id);
  }).timeout(240_000);

  it("asks for the last admin at once, and leaves in whoever was made an admin since (rule 17)", async () => {
    const { id, path, adminId } = await large(1_101);
    const before = await storedMembers(id);
    refused(await operator.delete(`${path}?members=suspend`), 409, "last_admin");
    assert.deepEqual(await storedMembers(id), before);
    const other = await person(id, "admin", { granted: ["admin"] });
    const { body } = await operator.delete(`${path}?members=suspend`);
    const chosen = (await storedMembers(id)).find((member) => member.directory_id !== null)?.id ?? "";
    assert.notEqual(chosen, adminId);
    assert.equal((await operator.patch(`/tenants/${id}/members/${chosen}`, { roles: ["admin"] })).status, 200);
    assert.equal((await operator.patch(`/tenants/${id}/members/${other.id}`, { hold: true })).status, 200);
    await carriedOut(id, body.id, 1);
    const active = (await storedMembers(id)).filter(({ status }) => status === "active");
    assert.deepEqual(
      active.map((member) => member.id),
      [chosen],
    );
  }).timeout(240_000);
});

describe("an admin by what their directory asserted", () => {
  it("is asked for as the last one when it is switched off, and keeps the role where the job comes to them (rule 17)", async () => {
    const here = await world();
    const boss = await here.person("boss", { title: "boss" });
    await here.person("ana");
    await here.map({ when: 'title eq "boss"', role: "admin" });
    assert.equal(await here.standing(boss), "active admin held");
    refused(await here.call("DELETE", `/directories/${here.directoryId}`), 409, "last_admin");
    // The job meets such an admin only where they became one since: as if this directory had begun to be switched off.
    const { db, tenantId, directoryId } = here;
    const reconciliationId = newId(new Date());
    await db.pool.query("update directories set closing_at = now() where id = $1", [directoryId]);
    await db.pool.query(
      `insert into reconciliations (tenant_id, id, cause, directory_id, fate, actor_type, total, created_at)
        values ($1, $2, 'directory', $3, 'suspend', 'operator', 2, now())`,
      [tenantId, reconciliationId, directoryId],
    );
    const handler = directoryJobs(db)["directories.empty"];
    assert.ok("within" in handler);
    const job = {
      id: 1,
      kind: "",
      key: null,
      attempts: 1,
      createdAt: new Date(),
      tenantId,
      payload: { reconciliationId },
    };
    await inTenant(db, here.who(), (scope) => handler.within(scope, job));
    assert.equal(await here.standing(boss), "active admin held");
    assert.ok((await here.reasons(boss)).includes("lastAdminHold"));
    assert.equal((await here.call("GET", "/directories")).body.total, 0);
    assert.equal((await runOfTenant(tenantId, reconciliationId)).done, 2);
  });
});

async function runOfTenant(id: string, run: string): Promise<{ done: number }> {
  return (await operator.get(`/tenants/${id}/reconciliations/${run}`)).body;
}

describe("DELETE /tenants/{t}/directories/{id}", () => {
  it("keeps its members as they are, in human hands", async () => {
    const { id } = await newTenant({ seatLimit: 5 });
    const directoryId = await newDirectory(id);
    await people(id, 2, "scim", { directoryId });
    assert.equal((await operator.delete(`/tenants/${id}/directories/${directoryId}`)).status, 204);
    for (const member of await storedMembers(id)) {
      assert.equal(member.directory_id, null);
      assert.equal(member.status, "active");
      assert.equal(member.seat, "held");
    }
    await assertCounted(id);
    assert.equal((await operator.get(`/tenants/${id}/directories`)).body.total, 1);
  });

  it("keeps whom the directory had suspended suspended, by an admin's hold", async () => {
    const { id } = await newTenant();
    const directoryId = await newDirectory(id);
    await person(id, "scim", { directoryId, directoryActive: false });
    await operator.delete(`/tenants/${id}/directories/${directoryId}?members=keep`);
    const [member] = await storedMembers(id);
    assert.equal(member?.status, "suspended");
    assert.equal(member?.hold, true);
    assert.equal(member?.directory_active, true);
  });

  it("suspends its members where that is asked for, frees their seats and gives them to those who wait (rule 4)", async () => {
    const { id } = await newTenant({ seatLimit: 2 });
    const directoryId = await newDirectory(id);
    await people(id, 2, "scim", { directoryId });
    await people(id, 3);
    assert.deepEqual(await seatsHeld(id), ["held", "held", "waiting", "waiting", "waiting"]);
    assert.equal((await operator.delete(`/tenants/${id}/directories/${directoryId}?members=suspend`)).status, 204);
    assert.deepEqual(await seatsHeld(id), ["none", "none", "held", "held", "waiting"]);
    assert.deepEqual(
      (await storedMembers(id)).map(({ status }) => status),
      ["suspended", "suspended", "active", "active", "active"],
    );
    await assertCounted(id);
    const types = await eventTypes(id);
    assert.equal(types.filter((type) => type === "member.suspended").length, 2);
    assert.equal(types.filter((type) => type === "directory.deleted").length, 1);
  });

  it("leaves members of other directories and of none alone", async () => {
    const { id } = await newTenant();
    const [gone, stays] = [await newDirectory(id, "gone"), await newDirectory(id, "stays")];
    await person(id, "scim", { directoryId: gone });
    await person(id, "scim", { directoryId: stays });
    await person(id, "admin");
    await operator.delete(`/tenants/${id}/directories/${gone}?members=suspend`);
    const members = await storedMembers(id);
    assert.deepEqual(
      members.map(({ status, directory_id: directoryId }) => [status, directoryId]),
      [
        ["suspended", null],
        ["active", stays],
        ["active", null],
      ],
    );
  });

  it("refuses to suspend the last admin with last_admin, and changes nothing (rule 17)", async () => {
    const { id } = await newTenant();
    const directoryId = await newDirectory(id);
    await people(id, 2, "scim", { directoryId, granted: ["admin"] });
    const before = await storedMembers(id);
    const { status, body } = await operator.delete(`/tenants/${id}/directories/${directoryId}?members=suspend`);
    assert.equal(status, 409);
    assert.equal(body.code, "last_admin");
    assert.deepEqual(await storedMembers(id), before);
    await person(id, "admin", { granted: ["admin"] });
    assert.equal((await operator.delete(`/tenants/${id}/directories/${directoryId}?members=suspend`)).status, 204);
  });

  it("ends its tokens and no others", async () => {
    const { id } = await newTenant();
    const directoryId = await newDirectory(id);
    for (const body of [{ name: "dies", directoryId }, { name: "lives" }]) {
      await operator.post(`/tenants/${id}/scim-tokens`, body);
    }
    await operator.delete(`/tenants/${id}/directories/${directoryId}`);
    const { items } = (await operator.get(`/tenants/${id}/scim-tokens`)).body;
    assert.deepEqual(
      items.map((one: { name: string }) => one.name),
      ["lives"],
    );
  });

  it("takes with its groups the roles that mappings gave by them, whoever was in them (rule 15)", async () => {
    const { id } = await newTenant({ seatLimit: 2 });
    const directoryId = await newDirectory(id);
    const db = await testDatabase();
    const who = { tenantId: id, directoryId, actor: { type: "operator" }, now: new Date() } as const;
    const [theirs, ours, waits] = [
      await person(id, "scim", { directoryId }),
      await person(id, "admin", { granted: ["viewer"] }),
      await person(id, "admin", { granted: ["member"] }),
    ];
    const scim = { displayName: "Sellers" };
    await createScimGroup(db, who, scim, [theirs.id, ours.id], undefined);
    await writeRoleMappings(db, who, [{ group: "Sellers", role: "member" }], ["*"]);
    assert.deepEqual(
      (await storedMembers(id)).map(({ mapped }) => mapped),
      ["member", "member", null],
    );
    assert.equal((await operator.delete(`/tenants/${id}/directories/${directoryId}`)).status, 204);
    const members = await storedMembers(id);
    assert.deepEqual(
      members.map(({ mapped, roles }) => [mapped, roles]),
      [
        [null, ["viewer"]],
        [null, ["viewer"]],
        [null, ["member"]],
      ],
    );
    assert.equal(members.find((member) => member.id === waits.id)?.seat, "held");
    await assertCounted(id);
  });

  it("refuses another fate for its members", async () => {
    const { id } = await newTenant();
    const path = `/tenants/${id}/directories/${await newDirectory(id)}?members=delete`;
    assert.equal((await operator.delete(path)).status, 400);
  });
});
