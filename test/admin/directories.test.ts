import assert from "node:assert/strict";
import { createScimGroup } from "../../src/directory/directories/scimGroups.ts";
import { writeRoleMappings } from "../../src/directory/roles/roleMappings.ts";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
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

  it("decides many more members than it reads at once", async () => {
    const { id } = await newTenant({ seatLimit: 10_000 });
    const directoryId = await newDirectory(id);
    await person(id, "scim", { directoryId });
    const { pool } = await testDatabase();
    const { rows } = await pool.query(
      `select string_agg(quote_ident(attname), ',') as columns from pg_attribute where attrelid = 'members'::regclass
         and attnum > 0 and not attisdropped and attgenerated = '' and attname not in ('id','user_name_key')`,
    );
    const { columns } = rows[0] as { columns: string };
    await pool.query(
      `insert into members (id, user_name_key, ${columns}) select gen_random_uuid(), 'n' || n, ${columns}
         from members, generate_series(1, 1200) n where tenant_id = $1`,
      [id],
    );
    await pool.query("update tenant_seats set used = 1201 where tenant_id = $1", [id]);
    assert.equal((await operator.delete(`/tenants/${id}/directories/${directoryId}?members=suspend`)).status, 204);
    assert.equal((await storedMembers(id)).filter(({ status }) => status === "suspended").length, 1201);
    await assertCounted(id);
    assert.equal((await eventTypes(id)).filter((type) => type === "member.suspended").length, 1201);
  });

  it("refuses another fate for its members", async () => {
    const { id } = await newTenant();
    const path = `/tenants/${id}/directories/${await newDirectory(id)}?members=delete`;
    assert.equal((await operator.delete(path)).status, 400);
  });
});
