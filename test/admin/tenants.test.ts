import assert from "node:assert/strict";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import type { TenantSettings } from "../../src/directory/tenants/tenantSettings.ts";
import { newSlug, newTenant } from "../support/tenant.ts";
import { assertCounted, eventTypes, people, person, seatsHeld, storedMembers } from "../directory/people.ts";

let operator: Api;
before(async () => {
  operator = api(await testDatabase());
});

/** A key of this tenant with these permissions. */
async function keyWith(tenantId: string, ...permissions: string[]): Promise<string> {
  const made = await operator.post(`/tenants/${tenantId}/api-keys`, { name: "key", permissions });
  assert.equal(made.status, 201, made.text);
  return made.body.key;
}

describe("POST /tenants", () => {
  it("makes a tenant with every setting's default and a directory called default", async () => {
    const slug = newSlug();
    const { status, body } = await operator.post("/tenants", { slug, name: "Acme" });
    assert.equal(status, 201);
    assert.equal(body.slug, slug);
    assert.equal(body.plan, null);
    assert.equal("seatLimit" in body, false);
    assert.deepEqual(body.settings, {
      seats: {
        countedStatuses: ["active"],
        autoAssign: true,
        whenFull: {
          admin: "refuse",
          invitation: "refuse",
          csv: "refuse",
          link: "downgrade",
          domain: "downgrade",
          sso: "downgrade",
          scim: "waitlist",
        },
        seatedRole: "member",
        fallbackRole: "viewer",
      },
      invitations: { ttlDays: 7, quota: { kind: "none" }, credential: "link" },
      signIn: {
        ssoRequired: "no",
        provisioning: "auto",
        passwordMinLength: 12,
        sessionHours: 24,
        idleMinutes: 480,
        logDays: 90,
      },
      members: { emailEditable: true, removal: "membership", offboardingDays: 0 },
      mail: { language: "en" },
      provisioningLog: { retentionDays: 30 },
      activity: { retentionDays: 180 },
    });
    const directories = await operator.get(`/tenants/${slug}/directories`);
    assert.deepEqual(
      directories.body.items.map((one: { name: string }) => one.name),
      ["default"],
    );
    assert.deepEqual((await eventTypes(body.id)).sort(), ["directory.created", "tenant.created"]);
  });

  const limits: readonly (readonly [what: string, body: object, limit: number | null])[] = [
    ["absent, the plan's", { plan: "trial" }, 2],
    ["absent, and no plan: unlimited", {}, null],
    ["null: unlimited, whatever the plan says", { plan: "trial", seatLimit: null }, null],
    ["a number instead of the plan's", { plan: "trial", seatLimit: 7 }, 7],
    ["0: nobody", { plan: "enterprise", seatLimit: 0 }, 0],
  ];
  for (const [what, body, limit] of limits) {
    it(`takes seatLimit as ${what} (rule 6)`, async () => {
      const slug = newSlug();
      assert.equal((await operator.post("/tenants", { slug, name: "Acme", ...body })).status, 201);
      assert.equal((await operator.get(`/tenants/${slug}/seats`)).body.limit, limit);
    });
  }

  it("shows the quota of invitations that the plan sells, where the settings name none", async () => {
    const { body } = await operator.post("/tenants", { slug: newSlug(), name: "Acme", plan: "trial" });
    assert.deepEqual(body.settings.invitations.quota, { kind: "total", max: 20 });
  });

  it("refuses a slug that another tenant has with slug_exists, and makes nothing", async () => {
    const { slug } = await newTenant();
    const { total } = (await operator.get("/tenants?limit=1")).body;
    const { status, body } = await operator.post("/tenants", { slug, name: "Second" });
    assert.equal(status, 409);
    assert.equal(body.code, "slug_exists");
    assert.equal((await operator.get("/tenants?limit=1")).body.total, total);
  });

  const slugs: readonly (readonly [what: string, slug: unknown])[] = [
    ["upper case", "Acme"],
    ["a space", "ac me"],
    ["a slash", "ac/me"],
    ["a dot", "ac.me"],
    ["letters of other alphabets", "äcme"],
    ["a hyphen first", "-acme"],
    ["a hyphen last", "acme-"],
    ["64 characters", "a".repeat(64)],
    ["nothing", ""],
    ["a line feed", "acme\n"],
    ["a number", 7],
    ["null", null],
    ["the form of a UUIDv7", "018f4e2a-7b1c-7def-8abc-1234567890ab"],
    ["the form of a UUID of no version", "00000000-0000-0000-0000-000000000000"],
    ["the form of a UUID without hyphens", "018f4e2a7b1c7def8abc1234567890ab"],
  ];
  for (const [what, slug] of slugs) {
    it(`refuses a slug that has ${what}`, async () => {
      const { status, body } = await operator.post("/tenants", { slug, name: "Acme" });
      assert.equal(status, 400);
      assert.equal(body.code, "invalid_request");
      assert.equal(body.errors[0].path, "/slug");
    });
  }

  const bodies: readonly (readonly [what: string, body: object, path: string])[] = [
    ["no name", {}, "/name"],
    ["an empty name", { name: "" }, "/name"],
    ["a name of spaces", { name: "  " }, "/name"],
    ["an unknown plan", { name: "Acme", plan: "platinum" }, "/plan"],
    ["a negative seatLimit", { name: "Acme", seatLimit: -1 }, "/seatLimit"],
    ["a seatLimit with a fraction", { name: "Acme", seatLimit: 1.5 }, "/seatLimit"],
    ["a seatLimit as text", { name: "Acme", seatLimit: "7" }, "/seatLimit"],
    ["a seatLimit that no integer of the database holds", { name: "Acme", seatLimit: 2 ** 31 }, "/seatLimit"],
    ["a field of its own making", { name: "Acme", id: "018f4e2a-7b1c-7def-8abc-1234567890ab" }, "/id"],
    ["a deletedAt", { name: "Acme", deletedAt: null }, "/deletedAt"],
    ["an unknown section of settings", { name: "Acme", settings: { billing: {} } }, "/settings/billing"],
    ["an unknown setting", { name: "Acme", settings: { seats: { limit: 5 } } }, "/settings/seats/limit"],
    [
      "an unknown door",
      { name: "Acme", settings: { seats: { whenFull: { window: "refuse" } } } },
      "/settings/seats/whenFull/window",
    ],
    [
      "an unknown way at a door",
      { name: "Acme", settings: { seats: { whenFull: { scim: "overage" } } } },
      "/settings/seats/whenFull/scim",
    ],
    [
      "a status that is none",
      { name: "Acme", settings: { seats: { countedStatuses: ["deleted"] } } },
      "/settings/seats/countedStatuses/0",
    ],
    [
      "a role that is none",
      { name: "Acme", settings: { seats: { seatedRole: "owner" } } },
      "/settings/seats/seatedRole",
    ],
    [
      "a password length of 5",
      { name: "Acme", settings: { signIn: { passwordMinLength: 5 } } },
      "/settings/signIn/passwordMinLength",
    ],
    [
      "a language that there are no words in",
      { name: "Acme", settings: { mail: { language: "fr" } } },
      "/settings/mail/language",
    ],
    ["a ttlDays of 0", { name: "Acme", settings: { invitations: { ttlDays: 0 } } }, "/settings/invitations/ttlDays"],
  ];
  for (const [what, body, path] of bodies) {
    it(`refuses ${what}, saying where`, async () => {
      const slug = newSlug();
      const reply = await operator.post("/tenants", { slug, ...body });
      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.body.code, "invalid_request");
      assert.ok(
        reply.body.errors.some((fault: { path: string }) => fault.path === path),
        reply.text,
      );
      assert.equal((await operator.get(`/tenants/${slug}`)).status, 404);
    });
  }

  it("refuses a fallback role that needs a seat while a door lets people in without one (rule 7)", async () => {
    const settings = { seats: { fallbackRole: "member" } };
    const { status, body } = await operator.post("/tenants", { slug: newSlug(), name: "Acme", settings });
    assert.equal(status, 400);
    assert.equal(body.errors[0].path, "/settings/seats/fallbackRole");
  });

  it("is the operator's: a tenant's key is refused with forbidden", async () => {
    const { id } = await newTenant();
    const reply = await operator.as(await keyWith(id, "*")).post("/tenants", { slug: newSlug(), name: "Acme" });
    assert.equal(reply.status, 403);
    assert.equal(reply.body.code, "forbidden");
  });
});

describe("GET /tenants", () => {
  it("pages through all tenants once, the oldest first, with the total of the first page", async () => {
    const made = [await newTenant(), await newTenant(), await newTenant()];
    const seen: string[] = [];
    let cursor: string | null = null;
    let total: number | undefined;
    // A few pages, however many tenants other cases have left.
    const limit = Math.min(200, Math.max(2, Math.ceil((await operator.get("/tenants?limit=1")).body.total / 8)));
    do {
      const { body } = await operator.get(`/tenants?limit=${limit}${cursor === null ? "" : `&cursor=${cursor}`}`);
      seen.push(...body.items.map((tenant: { id: string }) => tenant.id));
      total ??= body.total;
      assert.equal(body.total, total);
      cursor = body.nextCursor;
    } while (cursor !== null);
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total);
    const ids = made.map(({ id }) => id);
    assert.deepEqual(
      seen.filter((id) => ids.includes(id)),
      ids,
    );
  });

  const cursors = ["x", "e30", "bnVsbA", Buffer.from('{"after":"1","total":1}').toString("base64url"), "%00"];
  for (const cursor of cursors) {
    it(`refuses the cursor ${cursor}`, async () => {
      const { status, body } = await operator.get(`/tenants?cursor=${cursor}`);
      assert.equal(status, 400);
      assert.equal(body.errors[0].path, "/cursor");
    });
  }

  it("is the operator's", async () => {
    const { id } = await newTenant();
    assert.equal((await operator.as(await keyWith(id, "*")).get("/tenants")).status, 403);
  });
});

describe("GET /tenants/{t}", () => {
  it("finds a tenant by slug, by id, and by an id in upper case", async () => {
    const { id, slug } = await newTenant();
    for (const reference of [slug, id, id.toUpperCase()]) {
      const { status, body } = await operator.get(`/tenants/${reference}`);
      assert.equal(status, 200);
      assert.equal(body.id, id);
    }
  });

  const strangers = [
    "nobody-here",
    "018f4e2a-7b1c-7def-8abc-1234567890ab",
    "A%00B",
    "..%2F..",
    "'or'1",
    "x".repeat(500),
  ];
  for (const reference of strangers) {
    it(`answers not_found for ${reference.slice(0, 40)}`, async () => {
      const { status, body } = await operator.get(`/tenants/${reference}`);
      assert.equal(status, 404);
      assert.equal(body.code, "not_found");
    });
  }

  it("refuses a path that is not percent-encoded UTF-8", async () => {
    assert.equal((await operator.get("/tenants/%E0%A4%A")).status, 400);
  });
});

describe("PATCH /tenants/{t}", () => {
  it("merges settings: what is not named stays", async () => {
    const { id } = await newTenant({ settings: { seats: { autoAssign: false, whenFull: { csv: "downgrade" } } } });
    const change = { settings: { seats: { whenFull: { scim: "refuse" } }, signIn: { sessionHours: 8 } } };
    const { body } = await operator.patch(`/tenants/${id}`, change);
    assert.equal(body.settings.seats.autoAssign, false);
    assert.equal(body.settings.seats.whenFull.csv, "downgrade");
    assert.equal(body.settings.seats.whenFull.scim, "refuse");
    assert.equal(body.settings.seats.whenFull.sso, "downgrade");
    assert.equal(body.settings.signIn.sessionHours, 8);
    assert.deepEqual((await operator.get(`/tenants/${id}`)).body, body);
  });

  it("sets the language of mail, and tells it", async () => {
    const { id } = await newTenant();
    const { body } = await operator.patch(`/tenants/${id}`, { settings: { mail: { language: "de" } } });
    assert.deepEqual(body.settings.mail, { language: "de" });
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select data from events where tenant_id = $1 and type = 'tenant.updated'", [id]);
    assert.deepEqual(rows[0].data, { attributes: ["settings.mail"], mail: [{}, { language: "de" }] });
  });

  it("stores and tells a change of each section alone", async () => {
    const changes: Record<keyof TenantSettings, object> = {
      seats: { autoAssign: false },
      invitations: { ttlDays: 3 },
      signIn: { sessionHours: 8 },
      members: { removal: "erase" },
      mail: { language: "de" },
      provisioningLog: { retentionDays: 7 },
      activity: { retentionDays: 7 },
    };
    const { id } = await newTenant();
    for (const [section, change] of Object.entries(changes)) {
      const { body } = await operator.patch(`/tenants/${id}`, { settings: { [section]: change } });
      assert.deepEqual(body.settings[section], { ...body.settings[section], ...change });
      assert.deepEqual((await operator.get(`/tenants/${id}`)).body, body);
    }
    const { pool } = await testDatabase();
    const { rows } = await pool.query(
      "select data->'attributes' as told from events where tenant_id = $1 and type = 'tenant.updated' order by id",
      [id],
    );
    assert.deepEqual(
      rows.map(({ told }) => told),
      Object.keys(changes).map((section) => [`settings.${section}`]),
    );
  });

  it("replaces lists and the quota as a whole, and a null quota is the plan's again", async () => {
    const { id } = await newTenant({ plan: "trial" });
    const quota = { kind: "daily", max: 5 };
    const first = await operator.patch(`/tenants/${id}`, {
      settings: { invitations: { quota }, seats: { countedStatuses: ["active", "invited"] } },
    });
    assert.deepEqual(first.body.settings.invitations.quota, quota);
    const second = await operator.patch(`/tenants/${id}`, {
      settings: { invitations: { quota: null }, seats: { countedStatuses: ["active"] } },
    });
    assert.deepEqual(second.body.settings.invitations.quota, { kind: "total", max: 20 });
    assert.deepEqual(second.body.settings.seats.countedStatuses, ["active"]);
  });

  it("changes slug and name; the old slug is nobody's", async () => {
    const { id, slug } = await newTenant();
    const next = newSlug();
    assert.equal((await operator.patch(`/tenants/${slug}`, { slug: next, name: "Renamed" })).body.name, "Renamed");
    assert.equal((await operator.get(`/tenants/${next}`)).body.id, id);
    assert.equal((await operator.get(`/tenants/${slug}`)).status, 404);
  });

  it("refuses another tenant's slug and changes nothing", async () => {
    const [first, second] = [await newTenant(), await newTenant()];
    const reply = await operator.patch(`/tenants/${second.id}`, { slug: first.slug, name: "Renamed" });
    assert.equal(reply.status, 409);
    assert.equal(reply.body.code, "slug_exists");
    assert.equal((await operator.get(`/tenants/${second.id}`)).body.name, second.name);
  });

  it("writes and records nothing when nothing changes", async () => {
    const { id, slug, name } = await newTenant({ plan: "trial" });
    const before = await operator.get(`/tenants/${id}`);
    for (const body of [{}, { slug, name, plan: "trial", settings: {} }, { settings: { seats: {} } }]) {
      assert.deepEqual((await operator.patch(`/tenants/${id}`, body)).body, before.body);
    }
    assert.equal((await eventTypes(id)).includes("tenant.updated"), false);
  });

  it("tells what changed, with the limit before and after", async () => {
    const { id } = await newTenant({ plan: "trial" });
    await operator.patch(`/tenants/${id}`, { plan: "pro", settings: { signIn: { sessionHours: 8 } } });
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select data from events where tenant_id = $1 and type = 'tenant.updated'", [id]);
    assert.deepEqual(rows[0].data, {
      attributes: ["plan", "settings.signIn"],
      plan: ["trial", "pro"],
      signIn: [{}, { sessionHours: 8 }],
      seatLimit: [2, 10],
    });
  });

  it("refuses settings that rule 7 refuses once they are merged, and keeps the old ones", async () => {
    const whenFull = { scim: "refuse", sso: "refuse", link: "refuse", domain: "refuse" } as const;
    const { id } = await newTenant({ settings: { seats: { whenFull, fallbackRole: "member" } } });
    const { status, body } = await operator.patch(`/tenants/${id}`, {
      settings: { seats: { whenFull: { scim: "waitlist" } } },
    });
    assert.equal(status, 400);
    assert.equal(body.errors[0].path, "/settings/seats/fallbackRole");
    assert.equal((await operator.get(`/tenants/${id}`)).body.settings.seats.whenFull.scim, "refuse");
  });

  const sold: readonly (readonly [what: string, body: object])[] = [
    ["slug", { slug: "another" }],
    ["plan", { plan: "enterprise" }],
    ["seatLimit", { seatLimit: null }],
    ["settings.invitations.quota", { settings: { invitations: { quota: { kind: "none" } } } }],
  ];
  for (const [what, body] of sold) {
    it(`refuses ${what} from the tenant's own key with forbidden`, async () => {
      const { id } = await newTenant({ plan: "trial" });
      const before = (await operator.get(`/tenants/${id}`)).body;
      const reply = await operator.as(await keyWith(id, "*")).patch(`/tenants/${id}`, { name: "Renamed", ...body });
      assert.equal(reply.status, 403);
      assert.match(reply.body.detail, new RegExp(what));
      assert.deepEqual((await operator.get(`/tenants/${id}`)).body, before);
    });
  }

  it("lets the tenant's own key change name and settings", async () => {
    const { id } = await newTenant();
    const call = operator.as(await keyWith(id, "settings:edit"));
    const { status, body } = await call.patch(`/tenants/${id}`, {
      name: "Ours",
      settings: { members: { removal: "erase" } },
    });
    assert.equal(status, 200);
    assert.equal(body.name, "Ours");
    assert.equal(body.settings.members.removal, "erase");
  });

  it("refuses a default role that has more permissions than the caller (rule 16)", async () => {
    const { id } = await newTenant();
    const call = operator.as(await keyWith(id, "settings:edit"));
    const reply = await call.patch(`/tenants/${id}`, { settings: { seats: { seatedRole: "admin" } } });
    assert.equal(reply.status, 403);
    assert.match(reply.body.detail, /'admin'/);
  });

  it("needs settings:edit", async () => {
    const { id } = await newTenant();
    const reply = await operator.as(await keyWith(id, "settings:view")).patch(`/tenants/${id}`, { name: "Ours" });
    assert.equal(reply.status, 403);
    assert.equal(reply.body.permission, "settings:edit");
  });
});

describe("the seat limit of a tenant", () => {
  it("lowered evicts nobody: remaining is 0, overBy tells, freed seats vanish (rule 5)", async () => {
    const { id } = await newTenant({ seatLimit: 5 });
    await people(id, 4);
    await operator.patch(`/tenants/${id}`, { seatLimit: 2 });
    assert.deepEqual((await operator.get(`/tenants/${id}/seats`)).body, {
      limit: 2,
      used: 4,
      remaining: 0,
      waiting: 0,
      overBy: 2,
    });
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held", "held"]);
    assert.equal((await person(id)).seat, "waiting");
    await assertCounted(id);
  });

  it("raised promotes waiting members in their order, as many as there are seats (rule 5)", async () => {
    const { id } = await newTenant({ seatLimit: 1 });
    await people(id, 5);
    assert.deepEqual(await seatsHeld(id), ["held", "waiting", "waiting", "waiting", "waiting"]);
    await operator.patch(`/tenants/${id}`, { seatLimit: 3 });
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held", "waiting", "waiting"]);
    assert.deepEqual((await storedMembers(id))[1]?.roles, ["member"]);
    assert.equal((await eventTypes(id)).filter((type) => type === "member.seat_promoted").length, 2);
    await assertCounted(id);
  });

  it("raised promotes nobody who is suspended", async () => {
    const { id } = await newTenant({ seatLimit: 0 });
    await person(id, "scim", { hold: true });
    await person(id);
    await operator.patch(`/tenants/${id}`, { seatLimit: 2 });
    assert.deepEqual(await seatsHeld(id), ["none", "held"]);
    await assertCounted(id);
  });

  it("taken away promotes everybody and counts no more", async () => {
    const { id } = await newTenant({ seatLimit: 0 });
    await people(id, 3);
    await operator.patch(`/tenants/${id}`, { seatLimit: null });
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held"]);
    await assertCounted(id);
  });

  it("that comes to an unlimited tenant counts the seats that are held", async () => {
    const { id } = await newTenant();
    await people(id, 3);
    await operator.patch(`/tenants/${id}`, { seatLimit: 3 });
    assert.equal((await operator.get(`/tenants/${id}/seats`)).body.used, 3);
    assert.equal((await person(id)).seat, "waiting");
    await assertCounted(id);
  });

  it("of 0 is nobody", async () => {
    const { id } = await newTenant({ seatLimit: 0 });
    assert.equal((await person(id)).seat, "waiting");
    await assertCounted(id);
  });

  it('is the plan\'s again by "plan", and follows a change of plan', async () => {
    const { id } = await newTenant({ plan: "trial", seatLimit: 1 });
    await people(id, 3);
    const { body } = await operator.patch(`/tenants/${id}`, { seatLimit: "plan" });
    assert.equal("seatLimit" in body, false);
    assert.deepEqual(await seatsHeld(id), ["held", "held", "waiting"]);
    await operator.patch(`/tenants/${id}`, { plan: "pro" });
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held"]);
    await operator.patch(`/tenants/${id}`, { plan: null });
    assert.equal((await operator.get(`/tenants/${id}/seats`)).body.limit, null);
    await assertCounted(id);
  });

  it("of its own stays when the plan changes, and another word than plan is refused", async () => {
    const { id } = await newTenant({ plan: "trial", seatLimit: 1 });
    await operator.patch(`/tenants/${id}`, { plan: "business" });
    assert.equal((await operator.get(`/tenants/${id}/seats`)).body.limit, 1);
    assert.equal((await operator.patch(`/tenants/${id}`, { seatLimit: "none" })).status, 400);
    assert.equal((await operator.patch(`/tenants/${id}`, { plan: "platinum" })).status, 400);
  });
});

describe("DELETE /tenants/{t}", () => {
  it("ends the tenant everywhere, and frees its slug", async () => {
    const { id, slug } = await newTenant();
    const key = await keyWith(id, "*");
    assert.equal((await operator.delete(`/tenants/${slug}`)).status, 204);
    for (const path of [`/tenants/${slug}`, `/tenants/${id}`, `/tenants/${id}/members`, `/tenants/${id}/seats`]) {
      assert.equal((await operator.get(path)).status, 404, path);
    }
    assert.equal((await operator.delete(`/tenants/${id}`)).status, 404);
    assert.equal((await operator.patch(`/tenants/${id}`, { name: "Back" })).status, 404);
    assert.equal((await operator.as(key).get(`/tenants/${id}`)).status, 401);
    assert.equal((await operator.post("/tenants", { slug, name: "Successor" })).status, 201);
    assert.equal((await operator.as(key).get(`/tenants/${slug}`)).status, 401);
    assert.equal((await eventTypes(id)).includes("tenant.deleted"), true);
  });

  it("is the operator's", async () => {
    const { id } = await newTenant();
    assert.equal((await operator.as(await keyWith(id, "*")).delete(`/tenants/${id}`)).status, 403);
    assert.equal((await operator.get(`/tenants/${id}`)).status, 200);
  });
});
