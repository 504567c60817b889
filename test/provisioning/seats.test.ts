/** The rules of the door as a directory meets them: seats (1 to 5), the last admin (17), people (18 to 22). */
import assert from "node:assert/strict";
import { createMember } from "../../src/directory/members/createMember.ts";
import { editMember } from "../../src/directory/members/adminMembers.ts";
import { profileOf } from "../../src/directory/members/member.ts";
import { newMember } from "../../src/directory/members/newMember.ts";
import { newId } from "../../src/base/ids.ts";
import { defaultSettings, type SettingsChange } from "../../src/directory/tenants/tenantSettings.ts";
import { scimClient, type ScimClient, textOf, user } from "../support/scim.ts";

const refusing: SettingsChange = { seats: { whenFull: { scim: "refuse" } } };
const operator = (client: ScimClient) => ({ ...client.who, now: new Date(), permissions: ["*"] });

const edit = (client: ScimClient, id: string, change: object) =>
  editMember(client.db, operator(client), id, change, defaultSettings);

/** Somebody who came in by another door than the directory's. */
async function comeIn(client: ScimClient, name: string, more: object = {}): Promise<string> {
  const now = new Date();
  const scim = { userName: name, emails: [{ value: name, type: "work", primary: true }] };
  const newcomer = { ...newMember(newId(now), profileOf(scim), "admin", now), ...more };
  const via = { door: "admin", act: "person", loss: "act" } as const;
  return (await createMember(client.db, { ...client.who, now }, newcomer, via)).id;
}

async function fill(client: ScimClient, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await client.create(user(`seat${i}@example.com`)));
  return ids;
}

describe("seats, when the directory's door refuses (rule 2)", () => {
  it("the 26th of 25 is 403, in the words of the contract, and nothing is left of them", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 25 });
    await fill(client, 25);
    const before = await client.snapshot();
    const { status, body } = await client.post("/Users", user("late@example.com"));
    assert.deepEqual([status, body["status"], body["scimType"]], [403, "403", undefined]);
    assert.match(textOf(body["detail"]), /^User seat limit reached: 25 of 25 seats used/);
    assert.deepEqual(await client.snapshot(), before);
    assert.equal((await client.find('userName eq "late@example.com"')).body["totalResults"], 0);
  });

  it("who is created inactive takes no seat", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 1 });
    await fill(client, 1);
    assert.equal((await client.post("/Users", user("late@example.com", { active: false }))).status, 201);
    assert.deepEqual(await client.seats(), { limit: 1, used: 1, waiting: 0 });
  });

  it("a reactivation is 403 by PATCH and PUT, and the user stays inactive", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 1 });
    const [first] = await fill(client, 1);
    const id = await client.create(user("back@example.com", { active: false }));
    const before = await client.snapshot();
    const answers = [
      await client.operate(id, { op: "Replace", path: "active", value: "True" }),
      await client.operate(id, { op: "replace", value: { active: true } }),
      await client.put(`/Users/${id}`, user("back@example.com", { active: true, title: "Nurse" })),
    ];
    for (const { status, body } of answers) {
      assert.equal(status, 403);
      assert.match(textOf(body["detail"]), /^User seat limit reached: 1 of 1 seats used/);
    }
    assert.deepEqual(await client.snapshot(), before);
    await client.operate(String(first), { op: "replace", path: "active", value: false });
    assert.equal((await client.operate(id, { op: "replace", path: "active", value: true })).status, 200);
    assert.deepEqual(await client.seats(), { limit: 1, used: 1, waiting: 0 });
  });

  it("a limit of 0 lets nobody in", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 0 });
    const { status, body } = await client.post("/Users", user("ana@example.com"));
    assert.equal(status, 403);
    assert.match(textOf(body["detail"]), /^User seat limit reached: 0 of 0 seats used/);
  });

  it("rule 1: of 30 who are pushed at once exactly 10 get the 10 seats", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 10 });
    const names = Array.from({ length: 30 }, (_, index) => `u${index}@example.com`);
    const answers = await Promise.all(names.map((name) => client.post("/Users", user(name))));
    assert.equal(answers.filter(({ status }) => status === 201).length, 10);
    assert.ok(answers.every(({ status }) => status === 201 || status === 403));
    assert.deepEqual(await client.seats(), { limit: 10, used: 10, waiting: 0 });
    assert.equal((await client.get("/Users")).body["totalResults"], 10);
  });

  it("rule 3: deactivation, profile and removal are never refused for want of a seat", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 2 });
    const [one = "", two = ""] = await fill(client, 2);
    assert.equal((await client.operate(one, { op: "replace", path: "title", value: "Nurse" })).status, 200);
    assert.equal((await client.put(`/Users/${one}`, user("seat0@example.com", { title: "Chief" }))).status, 200);
    assert.equal((await client.operate(one, { op: "replace", path: "active", value: false })).status, 200);
    assert.equal((await client.delete(`/Users/${two}`)).status, 204);
    assert.deepEqual(await client.seats(), { limit: 2, used: 0, waiting: 0 });
  });

  it("rule 3: one decision a request: off and on again in one PATCH keeps the seat", async () => {
    const client = await scimClient({ settings: refusing, seatLimit: 1 });
    const [id = ""] = await fill(client, 1);
    const [off, on] = [false, true].map((value) => ({ op: "replace", path: "active", value }));
    assert.equal((await client.operate(id, off ?? {}, on ?? {})).status, 200);
    assert.deepEqual(await client.eventTypes(), ["member.created"]);
  });
});

describe("seats, when the directory's door lets wait (the default)", () => {
  it("who finds none is created, active in SCIM, and waits as a viewer", async () => {
    const client = await scimClient({ seatLimit: 1 });
    await fill(client, 1);
    const { status, body } = await client.post("/Users", user("late@example.com"));
    assert.deepEqual([status, body["active"]], [201, true]);
    const member = await client.member(textOf(body["id"]));
    assert.deepEqual(
      [member.seat, member.roles, member.entitled, member.status],
      ["waiting", ["viewer"], ["member"], "active"],
    );
    assert.deepEqual(await client.seats(), { limit: 1, used: 1, waiting: 1 });
  });

  for (const how of ["deactivation", "deletion"] as const) {
    it(`rule 4: a ${how} frees the seat and promotes exactly the first in line, in the same request`, async () => {
      const client = await scimClient({ seatLimit: 1 });
      const [id = ""] = await fill(client, 1);
      const first = await client.create(user("first@example.com"));
      const second = await client.create(user("second@example.com"));
      if (how === "deletion") await client.delete(`/Users/${id}`);
      else await client.operate(id, { op: "replace", path: "active", value: false });
      const [promoted, waiting] = [await client.member(first), await client.member(second)];
      assert.deepEqual([promoted.seat, promoted.roles, waiting.seat], ["held", ["member"], "waiting"]);
      assert.deepEqual(await client.seats(), { limit: 1, used: 1, waiting: 1 });
      assert.ok((await client.eventTypes()).includes("member.seat_promoted"));
    });
  }

  it("rule 4: suspension forfeits the place in the queue", async () => {
    const client = await scimClient({ seatLimit: 1 });
    const [id = ""] = await fill(client, 1);
    const first = await client.create(user("first@example.com"));
    const second = await client.create(user("second@example.com"));
    for (const value of [false, true]) await client.operate(first, { op: "replace", path: "active", value });
    await client.operate(id, { op: "replace", path: "active", value: false });
    assert.deepEqual([(await client.member(second)).seat, (await client.member(first)).seat], ["held", "waiting"]);
  });

  it("a reactivation that finds no seat succeeds and waits", async () => {
    const client = await scimClient({ seatLimit: 1 });
    const [id = ""] = await fill(client, 1);
    await client.operate(id, { op: "replace", path: "active", value: false });
    await client.create(user("other@example.com"));
    const { status, body } = await client.operate(id, { op: "replace", path: "active", value: true });
    assert.deepEqual([status, body["active"], (await client.member(id)).seat], [200, true, "waiting"]);
  });

  it("rule 2: where the door downgrades, nobody waits", async () => {
    const client = await scimClient({ seatLimit: 1, settings: { seats: { whenFull: { scim: "downgrade" } } } });
    const [id = ""] = await fill(client, 1);
    const late = await client.create(user("late@example.com"));
    assert.deepEqual([(await client.member(late)).seat, (await client.member(late)).roles], ["none", ["viewer"]]);
    await client.operate(id, { op: "replace", path: "active", value: false });
    assert.deepEqual(await client.seats(), { limit: 1, used: 0, waiting: 0 });
  });

  it("rule 8: with autoAssign off a pushed newcomer is a viewer and takes nothing", async () => {
    const client = await scimClient({ seatLimit: 5, settings: { seats: { autoAssign: false } } });
    await fill(client, 2);
    assert.deepEqual(await client.seats(), { limit: 5, used: 0, waiting: 0 });
  });

  it("rule 1: creating, deactivating and reactivating at once leaves the counter equal to the rows", async () => {
    const client = await scimClient({ seatLimit: 4 });
    const ids = await fill(client, 8);
    const flip = (id: string, value: boolean) => client.operate(id, { op: "replace", path: "active", value });
    await Promise.all([
      ...ids.map((id, index) => flip(id, index % 2 === 0)),
      ...ids.map((id) => flip(id, false)),
      ...ids.map((id) => flip(id, true)),
      ...Array.from({ length: 4 }, (_, index) => client.post("/Users", user(`more${index}@example.com`))),
    ]);
    const everyone = (await client.get("/Users")).body["Resources"] as { id: string }[];
    const members = await Promise.all(everyone.map(({ id }) => client.member(id)));
    const held = members.filter(({ seat }) => seat === "held");
    assert.equal((await client.seats())?.used, held.length);
    assert.ok(held.length <= 4 && held.every(({ status }) => status === "active"));
    const waiting = members.filter(({ seat }) => seat === "waiting");
    if (waiting.length > 0) assert.equal(held.length, 4, "nobody waits beside a free seat");
  });
});

describe("rule 17: the last admin", () => {
  it("a directory may deactivate them, for a leaver with access is worse; the operator is alerted", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "admin@example.com", { granted: ["admin"] });
    const { status } = await client.operate(id, { op: "replace", path: "active", value: false });
    const member = await client.member(id);
    assert.deepEqual([status, member.status, member.administers], [200, "suspended", false]);
    assert.ok(member.entitled.includes("admin"), "the role stays on record");
    assert.equal(await adminless(client), 1);
  });

  it("a directory may delete them", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "admin@example.com", { granted: ["admin"] });
    assert.equal((await client.delete(`/Users/${id}`)).status, 204);
    assert.equal(await adminless(client), 1);
  });

  it("nobody is alerted while another one administers", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "admin@example.com", { granted: ["admin"] });
    await comeIn(client, "second@example.com", { granted: ["admin"] });
    assert.equal((await client.delete(`/Users/${id}`)).status, 204);
    assert.equal(await adminless(client), 0);
  });

  async function adminless(client: ScimClient): Promise<number> {
    const text = "select id from events where tenant_id = $1 and type = 'tenant.adminless'";
    return (await client.db.pool.query(text, [client.who.tenantId])).rows.length;
  }
});

describe("rule 18: active is what the directory wishes, and nothing else", () => {
  it("a POST without active, or with null, means true", async () => {
    const client = await scimClient();
    for (const [index, more] of [{}, { active: null }].entries()) {
      assert.equal((await client.post("/Users", user(`u${index}@example.com`, more))).body["active"], true);
    }
  });

  for (const active of [true, false]) {
    it(`a PUT without active, or with null, leaves ${active}`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana@example.com", { active }));
      for (const [index, more] of [{}, { active: null }].entries()) {
        const { body } = await client.put(`/Users/${id}`, user("ana@example.com", { title: `T${index}`, ...more }));
        assert.equal(body["active"], active);
      }
    });
  }

  it("a PATCH that removes it leaves it", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { active: false }));
    for (const operation of [
      { op: "remove", path: "active" },
      { op: "replace", path: "active", value: "" },
    ]) {
      assert.equal((await client.operate(id, operation)).body["active"], false);
    }
  });

  it("it is true also of who is held by an admin, waiting or without a seat", async () => {
    const client = await scimClient({ seatLimit: 1 });
    const [id = ""] = await fill(client, 1);
    await client.create(user("waiting@example.com"));
    await edit(client, id, { hold: true });
    assert.equal((await client.member(id)).status, "suspended");
    const { body } = await client.find("active eq true");
    assert.equal(body["totalResults"], 2);
  });

  it("an admin's hold and the directory's bit never flip each other", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    await edit(client, id, { hold: true });
    for (const value of [false, true]) {
      const { body } = await client.operate(id, { op: "replace", path: "active", value });
      assert.deepEqual([body["active"], (await client.member(id)).status], [value, "suspended"]);
    }
    await client.operate(id, { op: "replace", path: "active", value: false });
    await edit(client, id, { hold: false });
    const member = await client.member(id);
    assert.deepEqual([member.directoryActive, member.status], [false, "suspended"]);
  });
});

describe("rule 19: what a directory sees and adopts", () => {
  it("members who came in by other doors are seen", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "ana@example.com");
    const { body } = await client.find('userName eq "ANA@example.com"');
    assert.deepEqual(
      (body["Resources"] as { id: string }[]).map((each) => each.id),
      [id],
    );
  });

  it("break-glass members are not, by any verb, list or filter", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "glass@example.com");
    await edit(client, id, { breakGlass: true });
    const before = await client.snapshot();
    const answers = [
      await client.get(`/Users/${id}`),
      await client.put(`/Users/${id}`, user("glass@example.com")),
      await client.operate(id, { op: "replace", path: "active", value: false }),
      await client.delete(`/Users/${id}`),
    ];
    for (const { status } of answers) assert.equal(status, 404);
    for (const filter of ['userName eq "glass@example.com"', `id eq "${id}"`, "userName pr"]) {
      assert.equal((await client.find(filter)).body["totalResults"], 0, filter);
    }
    assert.equal((await client.get("/Users")).body["totalResults"], 0);
    assert.equal((await client.post("/Users", user("glass@example.com"))).status, 409);
    assert.deepEqual(await client.snapshot(), before);
  });

  for (const verb of ["PUT", "PATCH"] as const) {
    it(`the first ${verb} adopts a member, records it, and leaves the password`, async () => {
      const client = await scimClient();
      const id = await comeIn(client, "ana@example.com");
      await edit(client, id, { password: "Tw1light-Harbour" });
      const hash = async () => /\$argon2id[^"]+/.exec(JSON.stringify(await client.snapshot()))?.[0];
      const before = await hash();
      const { status } =
        verb === "PUT"
          ? await client.put(`/Users/${id}`, user("ana@example.com", { title: "Nurse" }))
          : await client.operate(id, { op: "replace", path: "title", value: "Nurse" });
      const member = await client.member(id);
      assert.deepEqual([status, member.directoryId, member.entrance], [200, client.directoryId, "admin"]);
      assert.ok(before);
      assert.equal(await hash(), before);
    });
  }

  it("a POST of an existing userName adopts nobody", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "ana@example.com");
    const before = await client.snapshot();
    assert.equal((await client.post("/Users", user("Ana@example.com"))).status, 409);
    assert.deepEqual(await client.snapshot(), before);
    assert.equal((await client.member(id)).directoryId, null);
  });

  it("a POST of a suspended person's userName is 409 as well, and releases nobody", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com"));
    await client.operate(id, { op: "replace", value: { active: false } });
    const before = await client.snapshot();
    const again = await client.post("/Users", user("ana@example.com", { active: true }));
    assert.deepEqual([again.status, again.body["scimType"]], [409, "uniqueness"]);
    assert.deepEqual(await client.snapshot(), before);
    assert.equal((await client.member(id)).status, "suspended");
  });
});

describe("rule 20: a SCIM write on an invited member", () => {
  const invited = { joinedAt: null, entrance: "invitation" };

  it("is seen as active, and joins them in the same row", async () => {
    const client = await scimClient();
    const id = await comeIn(client, "ana@example.com", invited);
    assert.equal((await client.member(id)).status, "invited");
    assert.equal((await client.get(`/Users/${id}`)).body["active"], true);
    await client.operate(id, { op: "replace", path: "title", value: "Nurse" });
    const member = await client.member(id);
    assert.deepEqual([member.status, member.seat, member.directoryId], ["active", "held", client.directoryId]);
  });

  it("with active false suspends them, without a seat", async () => {
    const client = await scimClient({ seatLimit: 1 });
    const id = await comeIn(client, "ana@example.com", invited);
    await client.operate(id, { op: "replace", value: { active: false } });
    const member = await client.member(id);
    assert.deepEqual([member.status, member.seat], ["suspended", "none"]);
    assert.deepEqual(await client.seats(), { limit: 1, used: 0, waiting: 0 });
  });

  it("that needs a seat where there is none waits, or is refused as a reactivation is", async () => {
    const client = await scimClient({ seatLimit: 1 });
    await fill(client, 1);
    const id = await comeIn(client, "ana@example.com", invited);
    assert.equal((await client.operate(id, { op: "replace", path: "title", value: "Nurse" })).status, 200);
    assert.equal((await client.member(id)).seat, "waiting");
  });
});

describe("rule 21: a member's e-mail address", () => {
  const of = { home: { value: "h@example.com", type: "home" }, work: { value: "w@example.com", type: "work" } };
  const cases: [emails: object[], expected: string | null][] = [
    [[of.home, of.work, { value: "p@example.com", type: "other", primary: true }], "p@example.com"],
    [[of.home, of.work], "w@example.com"],
    [[of.home, { value: "o@example.com" }], "h@example.com"],
    [
      [
        { value: "n@example.com", primary: false },
        { ...of.work, type: "WORK" },
      ],
      "w@example.com",
    ],
    [[], null],
  ];
  for (const [emails, expected] of cases) {
    it(`of ${JSON.stringify(emails.map((each) => Object.values(each)))} is ${expected}`, async () => {
      const client = await scimClient();
      const id = await client.create(user("ana", { emails }));
      assert.equal((await client.member(id)).email, expected);
    });
  }

  it("follows a PATCH", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana", { emails: [of.work] }));
    await client.operate(id, { op: "add", path: "emails", value: [{ ...of.home, primary: true }] });
    assert.equal((await client.member(id)).email, "h@example.com");
  });

  it("may be that of another User: SCIM enforces userName alone", async () => {
    const client = await scimClient();
    for (const name of ["one", "two"]) await client.create(user(name, { emails: [of.work] }));
    assert.equal((await client.find('emails.value eq "W@example.com"')).body["totalResults"], 2);
  });
});

describe("rule 22: who was removed", () => {
  it("comes back through SCIM, as somebody new", async () => {
    const client = await scimClient();
    const id = await client.create(user("ana@example.com", { externalId: "1" }));
    await client.delete(`/Users/${id}`);
    const again = await client.create(user("ana@example.com", { externalId: "1" }));
    assert.notEqual(again, id);
    assert.equal((await client.member(again)).seat, "held");
  });
});
