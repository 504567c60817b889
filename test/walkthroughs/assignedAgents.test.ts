/** S4 from top to bottom: an account whose members are given single agents. */
import assert from "node:assert/strict";
import { done, mailedLink, PASSWORD, refusal, TEMPORARY, walk, type Visitor } from "./walk.ts";

describe("a walk through an account and its assigned agents", () => {
  let here: Awaited<ReturnType<typeof walk>>;
  let ana: Visitor;
  let anaId: string;
  const name = { givenName: "Ana", familyName: "Berg" };
  before(async () => {
    here = await walk("no-seats", { plan: "trial" });
    const agents = [
      ["reception", "Reception", "Acme"],
      ["night-desk", "Night desk", "Acme"],
      ["orders", "Orders", "Other company"],
    ] as const;
    for (const [id, called, company] of agents) {
      done(await here.operator("PUT", `/resources/agents/${id}`, { name: called, company }));
    }
  });

  it("makes members of address, name and job title, as many as there are (S4.1, S4.3, S4.14)", async () => {
    for (const local of ["ana", "ben", "cem", "dora"]) {
      const person = { email: `${local}@${here.domain}`, name: { ...name, givenName: local }, jobTitle: "Desk" };
      const { id, roles, seat } = done(
        await here.admin.call("POST", "/members", { ...person, password: TEMPORARY }),
        201,
      );
      assert.deepEqual([roles, seat], [["teammate"], "none"]);
      if (local === "ana") anaId = id;
    }
    refusal(await here.admin.call("POST", "/members", { email: `eve@${here.domain}` }), 400, "invalid_request");
    refusal(await here.admin.call("POST", "/members", { name }), 400, "invalid_request");
    assert.equal(done(await here.admin.call("GET", "/seats")).limit, null);
  });

  it("sends a welcome mail where that is wanted, and none where it is not (S4.6, S4.7)", async () => {
    for (const sendEmail of [true, false]) {
      const person = { email: `${sendEmail ? "told" : "untold"}@${here.domain}`, name };
      done(await here.admin.call("POST", "/members", { ...person, sendEmail, password: TEMPORARY }), 201);
      const link = await mailedLink(person.email);
      if (sendEmail) assert.match(String(link), new RegExp(`/sso/start\\?tenant=${here.slug}$`));
      else assert.equal(link, null);
    }
  });

  it("lists them with avatar, name, job title and address (S4.2)", async () => {
    const avatarUrl = "https://avatars.example/ana.png";
    done(await here.admin.call("PATCH", `/members/${anaId}`, { avatarUrl }));
    const [row] = done(await here.admin.call("GET", `/members?search=ana`)).items;
    assert.deepEqual(
      [row.avatarUrl, row.name, row.jobTitle, row.email],
      [avatarUrl, { ...name, givenName: "ana" }, "Desk", `ana@${here.domain}`],
    );
  });

  it("starts with nothing, and gives each permission by a toggle (S4.4, S4.13)", async () => {
    ana = await here.firstSignIn(`ana@${here.domain}`, TEMPORARY);
    assert.deepEqual(done(await ana.own("GET", "")).permissions, []);
    for (const permissions of [
      ["editor:use"],
      ["editor:use", "crm:view", "crm:edit", "usage:view", "recordings:view"],
      [],
    ]) {
      done(await here.admin.call("PATCH", `/members/${anaId}/grants`, { permissions }));
      assert.deepEqual(new Set(done(await ana.own("GET", "")).permissions), new Set(permissions));
    }
  });

  it("assigns agents company by company, and the session names those alone (S4.5)", async () => {
    const offered = done(await here.admin.call("GET", "/resources/agents")).items;
    assert.deepEqual(
      offered.map((one: Record<string, string>) => `${one["company"]}: ${one["name"]}`),
      ["Acme: Night desk", "Acme: Reception", "Other company: Orders"],
    );
    const resources = [{ area: "agents", id: "reception", actions: ["view", "edit"] }];
    done(await here.admin.call("PATCH", `/members/${anaId}/grants`, { permissions: ["recordings:view"], resources }));
    const { permissions } = done(await ana.own("GET", ""));
    assert.deepEqual(permissions.toSorted(), ["agents:edit@reception", "agents:view@reception", "recordings:view"]);
  });

  it("edits name, job title, permissions and agents (S4.8)", async () => {
    const edited = done(await here.admin.call("PATCH", `/members/${anaId}`, { name, jobTitle: "Lead" }));
    assert.deepEqual([edited.name, edited.jobTitle], [name, "Lead"]);
    const resources = [{ area: "agents", id: "orders", actions: ["view"] }];
    done(await here.admin.call("PATCH", `/members/${anaId}/grants`, { permissions: [], resources }));
    assert.deepEqual(done(await ana.own("GET", "")).permissions, ["agents:view@orders"]);
  });

  it("keeps the address as it was made (S4.9)", async () => {
    const moved = { email: `other@${here.domain}` };
    refusal(await here.admin.call("PATCH", `/members/${anaId}`, moved), 403, "forbidden");
    refusal(await ana.own("PATCH", "/profile", moved), 403, "forbidden");
  });

  it("takes a password of six characters that an admin sets, for the next sign-in (S4.10)", async () => {
    const set = (password: string): ReturnType<typeof ana.call> => {
      return here.admin.call("PATCH", `/members/${anaId}`, { password });
    };
    refusal(await set("kqz7w"), 400, "invalid_request");
    done(await set("kqz7wp"));
    assert.equal((await here.tryIn(`ana@${here.domain}`, PASSWORD)).status, 401);
    ana = await here.firstSignIn(`ana@${here.domain}`, "kqz7wp");
  });

  it("searches by any part of a name (S4.12)", async () => {
    const found = async (part: string): Promise<string[]> => {
      const { items } = done(await here.admin.call("GET", `/members?search=${part}&sort=name`));
      return items.map((one: { name: { givenName: string } }) => one.name.givenName);
    };
    assert.deepEqual([await found("do"), await found("dor"), await found("dorx")], [["dora"], ["dora"], []]);
  });

  it("reviews who has not been here, to take their access away (S4.13)", async () => {
    const { items } = done(await here.admin.call("GET", "/access-review"));
    const seen = new Map(items.map((one: { email: string }) => [one.email, one]));
    const ben = seen.get(`ben@${here.domain}`) as { lastSignInAt: string | null; grants: string[] };
    assert.deepEqual([ben.lastSignInAt, ben.grants], [null, []]);
  });

  it("tells what a removal would do, and then erases the person for good (S4.11)", async () => {
    const remove = { action: "remove", ids: [anaId] };
    const told = done(await here.admin.call("POST", "/members/bulk", { ...remove, preview: true }));
    assert.equal(told.results[0].status, "changed");
    done(await here.admin.call("GET", `/members/${anaId}`));
    done(await here.admin.call("DELETE", `/members/${anaId}`), 204);
    refusal(await here.admin.call("GET", `/members/${anaId}`), 404, "not_found");
    refusal(await ana.own("GET", ""), 401, "unauthenticated");
    assert.equal((await here.tryIn(`ana@${here.domain}`, PASSWORD)).status, 401);
    const journal = JSON.stringify(done(await here.admin.call("GET", `/events?target=${anaId}`)).items);
    assert.doesNotMatch(journal, new RegExp(`Berg|${here.domain}`, "i"));
  });
});
