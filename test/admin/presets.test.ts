/** What a tenant begins with by a preset. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { defaultSeatPolicy } from "../../src/admission/policy.ts";
import { builtInCatalogue } from "../../src/admission/roles.ts";
import { beginning, presetNames, presets } from "../../src/directory/tenants/presets.ts";
import { completeSettings } from "../../src/directory/tenants/tenantSettings.ts";
import { asOwner } from "../storage/catalogue.ts";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { presetsPage } from "../support/presetsPage.ts";
import { newSlug } from "../support/tenant.ts";
import { items, refused } from "./place.ts";

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

/** Makes a tenant by a preset. */
async function begin(preset: string, more: object = {}): Promise<Record<string, unknown> & { slug: string }> {
  const reply = await operator.post("/tenants", { slug: newSlug(), name: "Acme", preset, ...more });
  assert.equal(reply.status, 201, reply.text);
  return reply.body as Record<string, unknown> & { slug: string };
}

describe("a preset", () => {
  for (const name of presetNames) {
    it(`gives a tenant the settings, roles and templates of ${name}, and declares their permissions`, async () => {
      const { slug, settings } = await begin(name);
      const { settings: wanted, roles, permissionAreas } = beginning(name);
      assert.deepEqual(settings, completeSettings(wanted, null));
      const made = [
        ...items(await operator.get(`/tenants/${slug}/roles`)),
        ...items(await operator.get(`/tenants/${slug}/role-templates`)),
      ].filter(({ builtIn }) => !builtIn);
      assert.deepEqual(new Set(made.map((role) => role["slug"])), new Set(roles.map((role) => role.slug)));
      const declared = (await operator.get("/permission-areas")).body;
      for (const [area, { actions, scoped }] of Object.entries(permissionAreas)) {
        for (const action of actions) assert.ok(declared[area].actions.includes(action), `${area}:${action}`);
        if (scoped) assert.equal(declared[area].scoped, true, area);
      }
    });

    it(`lets people come and go by ${name}: a newcomer has its role`, async () => {
      const { slug } = await begin(name, { plan: "pro" });
      const person = { email: "ana@acme.example", name: { givenName: "Ana", familyName: "Berg" } };
      const { status, body, text } = await operator.post(`/tenants/${slug}/members`, person);
      assert.equal(status, 201, text);
      const role = beginning(name).settings.seats?.seatedRole ?? defaultSeatPolicy.seatedRole;
      const known = new Map([...beginning(name).roles, ...builtInCatalogue.values()].map((one) => [one.slug, one]));
      assert.deepEqual([body.roles, body.seat], [[role], known.get(role)?.seatRequired ? "held" : "none"]);
    });
  }

  it("is told in the journal with the roles, each once", async () => {
    const { id } = await begin("seat-per-active-user");
    const read = "select type, data from events where tenant_id = $1 order by xid, seq";
    const told = await asOwner<{ type: string; data: Record<string, unknown> }>(await testDatabase(), read, [id]);
    assert.equal(told.find(({ type }) => type === "tenant.created")?.data["preset"], "seat-per-active-user");
    const roles = told.filter(({ type }) => type === "role.created").map(({ data }) => data["slug"]);
    assert.deepEqual(roles, ["agent", "supervisor"]);
  });

  it("holds below what the same call says of settings, seats and plan", async () => {
    const settings = { seats: { whenFull: { scim: "waitlist" } }, members: { emailEditable: true } };
    const { slug, settings: shown } = await begin("no-seats", { seatLimit: 3, settings });
    const { seats, members } = shown as ReturnType<typeof completeSettings>;
    assert.deepEqual([seats.whenFull.scim, seats.seatedRole], ["waitlist", "teammate"]);
    assert.deepEqual([members.emailEditable, members.removal], [true, "erase"]);
    assert.equal((await operator.get(`/tenants/${slug}/seats`)).body.limit, 3);
  });

  it("sells no seats by no-seats, whatever the plan, and the plan's by the others", async () => {
    const limits = await Promise.all(
      (["no-seats", "seat-by-role"] as const).map(async (name) => {
        const { slug } = await begin(name, { plan: "pro" });
        return (await operator.get(`/tenants/${slug}/seats`)).body.limit;
      }),
    );
    assert.deepEqual(limits, [null, 10]);
  });

  it("gives roles that are the tenant's own: edited, and deleted with a replacement", async () => {
    const { slug } = await begin("seat-per-active-user");
    const edited = await operator.patch(`/tenants/${slug}/roles/supervisor`, { name: "Team lead" });
    assert.deepEqual([edited.status, edited.body.name], [200, "Team lead"]);
    const gone = await operator.delete(`/tenants/${slug}/roles/agent?replaceWith=member`);
    assert.ok(gone.status < 300, gone.text);
  });

  it("takes away nothing that is declared, and adds to an area what it lacks", async () => {
    const { experiments: _, ...before } = (await operator.get("/permission-areas")).body;
    const experiments = { name: "Trials", actions: ["view", "stop"], scoped: true };
    assert.equal((await operator.put("/permission-areas", { ...before, experiments })).status, 200);
    await begin("seat-per-entry");
    const after = (await operator.get("/permission-areas")).body.experiments;
    const actions = ["view", "stop", "create", "edit", "delete", "manage"];
    assert.deepEqual(after, { name: "Trials", actions, scoped: true });
  });

  it("is asked for by many at once, who declare the same permissions", async () => {
    const made = await Promise.all(presetNames.flatMap((name) => [begin(name), begin(name)]));
    assert.equal(new Set(made.map(({ slug }) => slug)).size, 2 * presetNames.length);
  });

  for (const preset of ["", "No-Seats", "constructor", "__proto__", null, 7, ["no-seats"]]) {
    it(`is refused as ${JSON.stringify(preset)}, saying where, and makes nothing`, async () => {
      const slug = newSlug();
      const problem = refused(await operator.post("/tenants", { slug, name: "Acme", preset }), 400, "invalid_request");
      assert.equal((problem["errors"] as { path: string }[])[0]?.path, "/preset");
      refused(await operator.get(`/tenants/${slug}`), 404, "not_found");
    });
  }

  it("is refused with settings that do not go with its roles (rule 7), and makes nothing", async () => {
    const slug = newSlug();
    const body = { slug, name: "Acme", preset: "seat-by-role", settings: { seats: { fallbackRole: "member" } } };
    refused(await operator.post("/tenants", body), 400, "invalid_request");
    refused(await operator.get(`/tenants/${slug}`), 404, "not_found");
  });

  it("is no change that a tenant takes later", async () => {
    const { slug } = await begin("seat-by-role");
    refused(await operator.patch(`/tenants/${slug}`, { preset: "no-seats" }), 400, "invalid_request");
  });
});

describe("GET /presets", () => {
  it("has each with all that it gives", async () => {
    const { status, body } = await operator.get("/presets");
    assert.deepEqual([status, body], [200, JSON.parse(JSON.stringify(presets))]);
  });

  it("is the operator's", async () => {
    const { slug } = await begin("seat-by-role");
    const made = await operator.post(`/tenants/${slug}/api-keys`, { name: "key", permissions: ["*"] });
    refused(await operator.as(made.body.key).get("/presets"), 403, "forbidden");
    refused(await operator.as(null).get("/presets"), 401, "unauthenticated");
  });

  it("is what docs/presets.md says", () => {
    const page = readFileSync(new URL("../../docs/presets.md", import.meta.url), "utf8");
    // The formatter breaks lines as it likes.
    const plain = (text: string): string => text.replaceAll(/\s+/g, "");
    assert.equal(plain(page), plain(presetsPage()), "run node scripts/pages.mjs");
  });
});
