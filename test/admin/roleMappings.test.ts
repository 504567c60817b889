/** `/role-mappings` and what follows from them: rules 11 to 17 of the door. */
import assert from "node:assert/strict";
import { refused } from "./place.ts";
import { everythingOf, world, type World } from "../directory/mappingWorld.ts";

const WAITLIST = { seats: { whenFull: { scim: "waitlist" } } } as const;
const DOWNGRADE = { seats: { whenFull: { scim: "downgrade" } } } as const;
const NOBODY = "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";

/** Somebody who administers by an admin's own grant, so that rule 17 is not about anybody else. */
async function boss({ add }: World): Promise<string> {
  return String((await add("boss@example.com", { roles: ["admin"] }))["id"]);
}

describe("rule 11: an ordered list, of which the first match counts", () => {
  it("gives the role of the first match and ignores later ones, whatever they would give", async () => {
    const here = await world();
    const ana = await here.person("ana");
    await here.group("Viewers", ana);
    await here.group("Members", ana);
    await here.map({ group: "Viewers", role: "viewer" }, { group: "Members", role: "member" });
    assert.equal(await here.standing(ana), "active viewer none");
    await here.map({ group: "Members", role: "member" }, { group: "Viewers", role: "viewer" });
    assert.equal(await here.standing(ana), "active member held");
  });

  it("adds manual grants to what is mapped", async () => {
    const here = await world();
    await boss(here);
    const ana = await here.person("ana");
    await here.group("Viewers", ana);
    await here.map({ group: "Viewers", role: "viewer" });
    const { status, text } = await here.call("PATCH", `/members/${ana}`, { roles: ["viewer", "member"] });
    assert.equal(status, 200, text);
    assert.equal(await here.standing(ana), "active viewer+member held");
  });

  it("gives whom nothing matches the fallback role: no seat, no place in the queue", async () => {
    const here = await world({ seatLimit: 0, settings: WAITLIST });
    await here.group("Sales");
    await here.map({ group: "Sales", role: "member" });
    const ana = await here.person("ana");
    assert.equal(await here.standing(ana), "active viewer none");
    assert.deepEqual(await here.reasons(ana), ["noMappingMatched", "noRoleNeedsSeat"]);
    assert.equal(await here.seats(), "0/0 waiting 0");
  });

  it("takes nothing for a person who is pushed before their groups, and the seat when those come", async () => {
    const here = await world({ seatLimit: 1 });
    const sales = await here.group("Sales");
    await here.map({ group: "Sales", role: "member" });
    const ana = await here.person("ana");
    assert.equal(await here.seats(), "0/1 waiting 0");
    await here.join(sales, ana);
    assert.equal(await here.standing(ana), "active member held");
    assert.equal(await here.seats(), "1/1 waiting 0");
  });

  it("without any mapping leaves it to rule 8", async () => {
    const here = await world();
    const ana = await here.person("ana");
    await here.group("Sales", ana);
    assert.equal(await here.standing(ana), "active member held");
  });

  it("leaves whom it had mapped with the fallback role when it is emptied, and newcomers to rule 8", async () => {
    const here = await world();
    const ana = await here.person("ana");
    const sales = await here.group("Sales", ana);
    await here.map({ group: { id: sales }, role: "member" });
    await here.map();
    assert.equal(await here.standing(ana), "active viewer none");
    assert.equal(await here.standing(await here.person("ben")), "active member held");
  });
});

describe("rule 12: what a mapping names", () => {
  it("is an id from then on: renaming a group or making one of that name hijacks nothing", async () => {
    const here = await world();
    const [ana, eve] = [await here.person("ana"), await here.person("eve")];
    const admins = await here.group("Admins", ana);
    await here.map({ group: "Admins", role: "admin" });
    await here.rename(admins, "Old admins");
    const evil = await here.group("Admins", eve);
    await here.join(evil, eve);
    assert.equal(await here.standing(ana), "active admin held");
    assert.equal(await here.standing(eve), "active viewer none");
  });

  it("is every group that has the name when it is written, in whatever case", async () => {
    const here = await world();
    const ana = await here.person("ana");
    await here.group("Sales", ana);
    await here.map({ group: "SALES", role: "member" });
    assert.equal(await here.standing(ana), "active member held");
  });

  it("goes with the group: who was in it falls back, and a new one of that name is another", async () => {
    const here = await world();
    const ana = await here.person("ana");
    const sales = await here.group("Sales", ana);
    await here.map({ group: "Sales", role: "member" });
    await here.drop(sales);
    assert.equal(await here.standing(ana), "active viewer none");
    await here.group("Sales", ana);
    assert.equal(await here.standing(ana), "active viewer none");
  });

  it("in `when` reads what the directory asserted", async () => {
    const here = await world();
    const [ana, ben] = [await here.person("ana", { title: "Team Lead" }), await here.person("ben", { title: "Nurse" })];
    await here.map({ when: 'title co "lead"', role: "member" });
    assert.deepEqual(
      [await here.standing(ana), await here.standing(ben)],
      ["active member held", "active viewer none"],
    );
  });

  it("in `when` reads nothing of whom no directory manages: they could have written it themselves", async () => {
    const here = await world();
    const ana = String((await here.add("ana@example.com", { jobTitle: "Team Lead", roles: ["viewer"] }))["id"]);
    await here.map({ when: 'title co "lead"', role: "admin" });
    assert.equal(await here.standing(ana), "active viewer none");
  });

  it("in `when` follows a change of the attribute", async () => {
    const here = await world();
    const ana = await here.person("ana", { title: "Nurse" });
    await here.map({ when: 'title eq "lead"', role: "member" });
    await here.rewrite(ana, { title: "Lead" });
    assert.equal(await here.standing(ana), "active member held");
    await here.rewrite(ana, { title: "Nurse" });
    assert.equal(await here.standing(ana), "active viewer none");
  });

  const refusals: [what: string, mapping: object, path: string][] = [
    ["a group that nobody pushed", { group: "Ghosts", role: "member" }, "/0/group"],
    ["an id that is no group", { group: { id: NOBODY }, role: "member" }, "/0/group/id"],
    [
      "a claim of no connection",
      { group: { claim: "A", connectionId: NOBODY }, role: "member" },
      "/0/group/connectionId",
    ],
    ["a role that does not exist", { when: "title pr", role: "emperor" }, "/0/role"],
    ["a condition that is no filter", { when: "title ==", role: "member" }, "/0/when"],
    ["a condition that orders", { when: 'title gt "a"', role: "member" }, "/0/when"],
    ["a condition with brackets", { when: 'emails[type eq "work"]', role: "member" }, "/0/when"],
    ["a condition with null", { when: "title eq null", role: "member" }, "/0/when"],
    ["a condition nobody wrote", { when: `${"not (".repeat(9)}title pr${")".repeat(9)}`, role: "member" }, "/0/when"],
  ];
  for (const [what, mapping, path] of refusals) {
    it(`is refused where it is ${what}, with a pointer to it, and nothing is written`, async () => {
      const here = await world();
      await here.person("ana");
      const before = await everythingOf(here);
      for (const [method, at] of [
        ["PUT", "/role-mappings"],
        ["POST", "/role-mappings/preview"],
      ] as const) {
        const problem = refused(await here.call(method, at, [mapping]), 400, "invalid_request");
        assert.equal((problem["errors"] as { path: string }[])[0]?.path, path);
      }
      assert.deepEqual(await everythingOf(here), before);
    });
  }

  for (const [what, body] of Object.entries({
    "no list": { group: "A", role: "member" },
    "no role": [{ group: "A" }],
    "both a group and a condition": [{ group: "A", when: "title pr", role: "member" }],
    "an unknown property": [{ group: "A", role: "member", color: "red" }],
    "a claim without its connection": [{ group: { claim: "a" }, role: "member" }],
    "more than 500": Array.from({ length: 501 }, () => ({ when: "title pr", role: "member" })),
  })) {
    it(`is refused as a body of ${what}`, async () => {
      refused(await (await world()).call("PUT", "/role-mappings", body), 400, "invalid_request");
    });
  }
});

describe("rule 13: SSO groups", () => {
  it("count for nothing of directory-managed members", async () => {
    const here = await world();
    const ana = await here.person("ana");
    const { body } = await here.call("POST", "/connections", { protocol: "saml", name: "Company sign-in" });
    const mapping = { group: { claim: "admins", connectionId: String(body.id) }, role: "admin" };
    await here.map(mapping);
    assert.equal(await here.standing(ana), "active viewer none");
    assert.deepEqual((await here.call("GET", "/role-mappings")).body, [mapping]);
  });

  it("are those of a connection of this tenant", async () => {
    const [here, there] = [await world(), await world()];
    const { body } = await there.call("POST", "/connections", { protocol: "saml", name: "Company sign-in" });
    const mapping = { group: { claim: "admins", connectionId: String(body.id) }, role: "admin" };
    refused(await here.call("PUT", "/role-mappings", [mapping]), 400, "invalid_request");
    await there.map(mapping);
  });
});

describe("rule 14: what a directory's mapping gave", () => {
  it("is locked: an admin cannot take it away, and extras survive a group's change", async () => {
    const here = await world();
    await boss(here);
    const ana = await here.person("ana");
    const viewers = await here.group("Viewers", ana);
    const members = await here.group("Members");
    await here.map({ group: "Members", role: "member" }, { group: "Viewers", role: "viewer" });
    refused(await here.call("PATCH", `/members/${ana}`, { roles: ["admin"] }), 409, "managed_by_directory");
    assert.equal((await here.call("PATCH", `/members/${ana}`, { roles: ["viewer", "admin"] })).status, 200);
    await here.leave(viewers, ana);
    await here.join(members, ana);
    assert.equal(await here.standing(ana), "active member+admin held");
  });
});

describe("rule 15: leaving the last mapped group", () => {
  it("gives the fallback role and frees the seat, and a waiting member has it in the same transaction", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    const sales = await here.group("Sales", ana, ben);
    await here.map({ group: "Sales", role: "member" });
    assert.deepEqual(
      [await here.standing(ana), await here.standing(ben)],
      ["active member held", "active viewer waiting"],
    );
    await here.leave(sales, ana);
    assert.deepEqual(
      [await here.standing(ana), await here.standing(ben)],
      ["active viewer none", "active member held"],
    );
    assert.deepEqual(await here.reasons(ana), ["leftMapping", "noRoleNeedsSeat"]);
    assert.equal(await here.seats(), "1/1 waiting 0");
  });

  it("is not leaving where another group is mapped to the same role", async () => {
    const here = await world({ seatLimit: 1 });
    const ana = await here.person("ana");
    const [sales] = [await here.group("Sales", ana), await here.group("Field", ana)];
    await here.map({ group: "Sales", role: "member" }, { group: "Field", role: "member" });
    await here.leave(sales, ana);
    assert.equal(await here.standing(ana), "active member held");
  });

  it("keeps a manual grant", async () => {
    const here = await world();
    await boss(here);
    const ana = await here.person("ana");
    const sales = await here.group("Sales", ana);
    await here.map({ group: "Sales", role: "viewer" });
    await here.call("PATCH", `/members/${ana}`, { roles: ["viewer", "member"] });
    await here.leave(sales, ana);
    assert.equal(await here.standing(ana), "active member held");
  });
});

describe("rule 16: who may write mappings", () => {
  it("is whoever has the permissions of every role that they name (rule 16, T11)", async () => {
    const here = await world();
    await here.person("ana", { title: "x" });
    const key = await here.as("mappings:edit", "mappings:view", "contact:view");
    refused(await key("PUT", "/role-mappings", [{ when: "title pr", role: "admin" }]), 403, "forbidden");
    assert.equal((await key("PUT", "/role-mappings", [{ when: "title pr", role: "member" }])).status, 200);
    const viewer = await here.as("mappings:view");
    assert.equal((await viewer("GET", "/role-mappings")).status, 200);
    refused(await viewer("PUT", "/role-mappings", []), 403, "forbidden");
    refused(await (await here.as("members:view"))("GET", "/role-mappings"), 403, "forbidden");
    refused(await (await here.as("members:view"))("POST", "/role-mappings/preview", []), 403, "forbidden");
  });
});

describe("rule 17: the last admin, by group or mapping", () => {
  it("keeps the role with the reason, and loses it when another is admin (rule 17, T12)", async () => {
    const here = await world();
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    const admins = await here.group("Admins", ana);
    await here.map({ group: "Admins", role: "admin" });
    await here.leave(admins, ana);
    assert.equal(await here.standing(ana), "active admin held");
    assert.deepEqual(await here.reasons(ana), ["lastAdminHold", "seatTaken"]);
    assert.match((await here.explained(ana)).join(" "), /nobody else is an active admin/);
    await here.join(admins, ben);
    assert.deepEqual([await here.standing(ana), await here.standing(ben)], ["active viewer none", "active admin held"]);
    assert.deepEqual((await here.member(ana)).lastAdminHold, []);
  });

  it("is nobody who has a successor in the same change, also where there is one seat for both", async () => {
    const here = await world({ seatLimit: 1 });
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    const [a, b] = [await here.group("A", ana), await here.group("B", ben)];
    await here.map({ group: { id: a }, role: "admin" });
    assert.equal(await here.standing(ana), "active admin held");
    await here.map({ group: { id: b }, role: "admin" });
    assert.deepEqual([await here.standing(ana), await here.standing(ben)], ["active viewer none", "active admin held"]);
    assert.equal(await here.seats(), "1/1 waiting 0");
  });

  it("is one of several who would all go: the first who came", async () => {
    const here = await world();
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    const admins = await here.group("Admins", ana, ben);
    await here.map({ group: "Admins", role: "admin" });
    await here.drop(admins);
    assert.deepEqual([await here.standing(ana), await here.standing(ben)], ["active admin held", "active viewer none"]);
  });

  it("lets the role go when the next admin comes from the queue", async () => {
    const here = await world({ seatLimit: 2, settings: WAITLIST });
    const [ana, cem, ben] = [await here.person("ana"), await here.person("cem"), await here.person("ben")];
    const [members, admins] = [await here.group("Members", cem), await here.group("Admins", ana)];
    await here.map({ group: "Admins", role: "admin" }, { group: "Members", role: "member" });
    await here.join(admins, ben);
    await here.leave(admins, ana);
    assert.deepEqual(
      [await here.standing(ana), await here.standing(ben)],
      ["active admin held", "active viewer waiting"],
    );
    await here.leave(members, cem);
    assert.deepEqual([await here.standing(ana), await here.standing(ben)], ["active viewer none", "active admin held"]);
  });

  for (const end of ["deactivated", "deleted"] as const) {
    it(`lets the role go when the next admin comes from the queue because somebody is ${end}`, async () => {
      const here = await world({ seatLimit: 2, settings: WAITLIST });
      const [ana, cem, ben] = [await here.person("ana"), await here.person("cem"), await here.person("ben")];
      const admins = await here.group("Admins", ana);
      await here.group("Members", cem);
      await here.map({ group: "Admins", role: "admin" }, { group: "Members", role: "member" });
      await here.join(admins, ben);
      await here.leave(admins, ana);
      await (end === "deleted" ? here.unpush(cem) : here.activate(cem, false));
      assert.deepEqual(
        [await here.standing(ana), await here.standing(ben)],
        ["active viewer none", "active admin held"],
      );
      assert.equal(await here.seats(), "1/2 waiting 0");
    });
  }

  it("lets the role go when a raised limit gives the next admin a seat", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    const admins = await here.group("Admins", ana);
    await here.map({ group: "Admins", role: "admin" });
    await here.join(admins, ben);
    await here.leave(admins, ana);
    assert.equal(await here.standing(ben), "active viewer waiting");
    assert.equal((await here.call("PATCH", "", { seatLimit: 2 })).status, 200);
    assert.deepEqual([await here.standing(ana), await here.standing(ben)], ["active viewer none", "active admin held"]);
  });

  it("by deactivation is gone: it succeeds, and the tenant is told to have no admin (rule 17, T12)", async () => {
    const here = await world();
    const ana = await here.person("ana");
    await here.group("Admins", ana);
    await here.map({ group: "Admins", role: "admin" });
    await here.activate(ana, false);
    assert.equal((await here.member(ana)).administers, false);
    const { body } = await here.call("GET", "/events?type=tenant.adminless");
    assert.equal((body as { items: unknown[] }).items.length, 1);
  });
});

describe("the queue and groups (rules 2 to 4)", () => {
  it("promotes in the order in which they began to wait, not of arrival", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const [ana, ben, cem] = [await here.person("ana"), await here.person("ben"), await here.person("cem")];
    const sales = await here.group("Sales");
    await here.map({ group: "Sales", role: "member" });
    for (const id of [ana, cem, ben]) await here.join(sales, id);
    await here.leave(sales, ana);
    assert.deepEqual(
      [await here.standing(ben), await here.standing(cem)],
      ["active viewer waiting", "active member held"],
    );
    await here.leave(sales, cem);
    assert.equal(await here.standing(ben), "active member held");
  });

  it("puts whoever lost a seat in a group move of two requests at its head", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const [ana, ben, cem] = [await here.person("ana"), await here.person("ben"), await here.person("cem")];
    const [old, next] = [await here.group("Old", ana, ben, cem), await here.group("New")];
    await here.map({ group: "Old", role: "member" }, { group: "New", role: "member" });
    await here.leave(old, ana);
    assert.equal(await here.standing(ben), "active member held");
    await here.join(next, ana);
    assert.equal(await here.standing(ana), "active viewer waiting");
    await here.leave(old, ben);
    assert.deepEqual(
      [await here.standing(ana), await here.standing(cem)],
      ["active member held", "active viewer waiting"],
    );
  });

  it("frees before it takes in one request, so that a swap in a full tenant needs no queue (rule 3)", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    const sales = await here.group("Sales", ben);
    await here.map({ group: "Sales", role: "member" });
    await here.move(sales, { add: [ana], remove: [ben] });
    assert.deepEqual(
      [await here.standing(ana), await here.standing(ben)],
      ["active member held", "active viewer none"],
    );
  });

  it("is left by who is mapped to a role that needs no seat", async () => {
    const here = await world({ seatLimit: 0, settings: WAITLIST });
    const ana = await here.person("ana");
    await here.group("Sales", ana);
    const viewers = await here.group("Viewers");
    await here.map({ group: "Viewers", role: "viewer" }, { group: "Sales", role: "member" });
    assert.equal(await here.standing(ana), "active viewer waiting");
    await here.join(viewers, ana);
    assert.deepEqual([await here.standing(ana), await here.seats()], ["active viewer none", "0/0 waiting 0"]);
  });

  for (const mode of ["refuse", "downgrade"] as const) {
    it(`is not joined where the door says ${mode}: the group is written, and the fallback role has its reason`, async () => {
      const settings = mode === "refuse" ? { seats: { whenFull: { scim: "refuse" } } } : DOWNGRADE;
      const here = await world({ seatLimit: 0, settings: settings as typeof DOWNGRADE });
      const sales = await here.group("Sales");
      await here.map({ group: "Sales", role: "member" });
      const ana = await here.person("ana");
      await here.join(sales, ana);
      assert.equal(await here.standing(ana), "active viewer none");
      assert.deepEqual(await here.reasons(ana), ["mapped", "seatsFull"]);
      assert.equal(await here.seats(), "0/0 waiting 0");
    });
  }

  it("is explained with group, mapping and seat in words", async () => {
    const here = await world({ seatLimit: 1, settings: WAITLIST });
    const [ana, ben] = [await here.person("ana"), await here.person("ben")];
    await here.group("Sales EMEA", ana, ben);
    await here.map({ when: 'title eq "x"', role: "admin" }, { group: "Sales EMEA", role: "member" });
    assert.deepEqual(await here.explained(ana), [
      "Active.",
      'Member, because of the directory group "Sales EMEA" (mapping 2).',
      "Holds a seat, taken through the directory.",
    ]);
    assert.deepEqual(await here.explained(ben), [
      "Active.",
      'Member, because of the directory group "Sales EMEA" (mapping 2).',
      "Waits for a seat: all were taken when one was asked for through the directory.",
    ]);
  });
});

describe("PUT /role-mappings", () => {
  it("answers the list as it was written, and GET shows it", async () => {
    const here = await world();
    const id = await here.group("Sales");
    const list = [
      { group: "Sales", role: "member" },
      { group: { id }, role: "viewer" },
      { when: "title pr", role: "admin" },
    ];
    assert.deepEqual((await here.call("PUT", "/role-mappings", list)).body, list);
    assert.deepEqual((await here.call("GET", "/role-mappings")).body, list);
  });

  it("of the list that stands writes and records nothing", async () => {
    const here = await world();
    await here.group("Sales", await here.person("ana"));
    await here.map({ group: "Sales", role: "member" });
    const before = await everythingOf(here);
    await here.map({ group: "Sales", role: "member" });
    assert.deepEqual(await everythingOf(here), before);
  });

  it("does not know another tenant's groups, by id or name", async () => {
    const [here, there] = [await world(), await world()];
    const id = await there.group("Theirs");
    refused(await here.call("PUT", "/role-mappings", [{ group: { id }, role: "member" }]), 400, "invalid_request");
    refused(await here.call("PUT", "/role-mappings", [{ group: "Theirs", role: "member" }]), 400, "invalid_request");
  });
});
