/** The rules of the door as they show through the doors of admins and directories. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { onceInTenant } from "../../src/storage/scope.ts";
import { items, place, refused, statuses, told, type Place } from "./place.ts";

const NAME = { name: { givenName: "Ana", familyName: "Berg" } };

/** The seat numbers, in one line. */
async function seats({ call }: Place): Promise<string> {
  const { body } = await call("GET", "/seats");
  const { limit, used, remaining, waiting, overBy } = body as Record<string, number | null>;
  return `${used}/${limit} left ${remaining} waiting ${waiting} over ${overBy}`;
}

/** Status, roles in force and seat of a member, in one line. */
async function standing({ call }: Place, id: unknown): Promise<string> {
  const { status, body } = await call("GET", `/members/${String(id)}`);
  assert.equal(status, 200);
  const member = body as { status: string; roles: string[]; seat: string };
  return `${member.status} ${member.roles.join("+")} ${member.seat}`;
}

/** The codes of the reasons, the seat's last. */
async function reasons({ call }: Place, id: unknown): Promise<string[]> {
  const { body } = await call("GET", `/members/${String(id)}/explanation`);
  return (body as { reasons: { code: string }[] }).reasons.map(({ code }) => code);
}

/** Everything of a tenant that a refused write must leave as it is. */
async function everything({ call }: Place): Promise<unknown> {
  const [members, events, numbers] = [
    await call("GET", "/members?limit=200"),
    await call("GET", "/events?limit=200"),
    await call("GET", "/seats"),
  ];
  return [members.body, events.body, numbers.body];
}

/** An admin, so that the tenant has one. */
async function boss(here: Place): Promise<string> {
  return String((await here.add("boss@example.com", { roles: ["admin"] }))["id"]);
}

describe("rule 1: used never exceeds the limit and equals the rows", () => {
  it("gives the last seat to one of two who ask at the same time: one 201 and one 409", async () => {
    const here = await place({ seatLimit: 2 });
    await boss(here);
    const add = (email: string): ReturnType<Place["call"]> => here.call("POST", "/members", { email, ...NAME });
    const both = await Promise.all([add("ana@example.com"), add("bea@example.com")]);
    assert.deepEqual(statuses(both), [201, 409]);
    assert.equal(await seats(here), "2/2 left 0 waiting 0 over 0");
    assert.equal(items(await here.call("GET", "/members")).length, 2);
  });

  it("gives three seats to three of twelve who ask by hand and by directory at the same time (T09)", async () => {
    const here = await place({ seatLimit: 4 });
    await boss(here);
    await Promise.all([
      ...Array.from({ length: 6 }, (_, i) => here.call("POST", "/members", { email: `a${i}@example.com`, ...NAME })),
      ...Array.from({ length: 6 }, (_, i) => here.push(`b${i}@example.com`)),
    ]);
    const { body } = await here.call("GET", "/seats");
    const { used, waiting } = body as { used: number; waiting: number };
    const held = items(await here.call("GET", "/members?seat=with&limit=200")).length;
    const waits = items(await here.call("GET", "/members?seat=waiting&limit=200")).length;
    assert.deepEqual([used, held, waiting], [4, 4, waits]);
  });

  it("holds through any acts of admins and directories, several at once", async () => {
    const act = fc.record({
      kind: fc.constantFrom("add", "push", "hold", "release", "viewer", "member", "off", "on", "drop", "unpush"),
      who: fc.nat(5),
    });
    const rounds = fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(rounds, fc.integer({ min: 1, max: 4 }), async (all, seatLimit) => {
        const here = await place({ seatLimit });
        await boss(here);
        const ids: string[] = [];
        for (const round of all) {
          await Promise.all(round.map(({ kind, who }) => perform(here, ids, kind, who)));
          await checkBooks(here, seatLimit);
        }
      }),
      { numRuns: 8 },
    );
  });

  async function perform(here: Place, ids: string[], kind: string, who: number): Promise<void> {
    const id = ids[who % Math.max(1, ids.length)];
    const email = `p${ids.length}-${who}-${kind}@example.com`;
    const patch = (body: object): Promise<unknown> => here.call("PATCH", `/members/${id}`, body);
    if (kind === "add") {
      const { status, body } = await here.call("POST", "/members", { email, ...NAME });
      if (status === 201) ids.push((body as { id: string }).id);
    } else if (kind === "push") {
      await here.push(email).then((member) => ids.push(member.id), onlyRefusals);
    } else if (id !== undefined) {
      const acts: Record<string, () => Promise<unknown>> = {
        hold: () => patch({ hold: true }),
        release: () => patch({ hold: false }),
        viewer: () => patch({ roles: ["viewer"] }),
        member: () => patch({ roles: ["member"] }),
        off: () => here.activate(id, false).catch(onlyRefusals),
        on: () => here.activate(id, true).catch(onlyRefusals),
        drop: () => here.call("DELETE", `/members/${id}`),
        unpush: () => here.unpush(id).catch(onlyRefusals),
      };
      await acts[kind]?.();
    }
  }

  function onlyRefusals(error: unknown): void {
    assert.ok(error instanceof Error && "code" in error && /^[a-z_]+$/.test(String(error.code)), String(error));
  }

  async function checkBooks({ db, tenantId }: Place, limit: number): Promise<void> {
    const text = `select s.used, count(*) filter (where m.seat = 'held') as held,
        count(*) filter (where m.seat = 'held' and (m.status <> 'active' or not m.needs_seat)) as idle,
        count(*) filter (where m.seat = 'waiting' and m.status = 'active') as waiting
      from tenant_seats s left join members m on m.tenant_id = s.tenant_id where s.tenant_id = $1 group by s.used`;
    const [[row]] = await onceInTenant(db, { tenantId }, { text, values: [tenantId] });
    const { used, held, idle, waiting } = row as { used: number; held: number; idle: number; waiting: number };
    assert.ok(used <= limit && used === held && idle === 0, JSON.stringify(row));
    assert.ok(waiting === 0 || used === limit, `${waiting} wait before ${limit - used} free seats`);
  }
});

describe("rule 2: refuse, downgrade or wait", () => {
  it("refuses an admin's creation, everything rolled back, and says what is used and what to do", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const before = await everything(here);
    const reply = await here.call("POST", "/members", {
      email: "ana@example.com",
      ...NAME,
      password: "a long password",
    });
    const { detail, limit, used } = refused(reply, 409, "seat_limit_reached");
    assert.match(String(detail), /^User seat limit reached: 1 of 1 seats used\. /);
    assert.deepEqual([limit, used], [1, 1]);
    assert.deepEqual(await everything(here), before);
  });

  it("refuses an admin's grant of a role that needs a seat, everything rolled back", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    const before = await everything(here);
    const edit = { roles: ["member"], jobTitle: "Lead" };
    refused(await here.call("PATCH", `/members/${String(id)}`, edit), 409, "seat_limit_reached");
    assert.deepEqual(await everything(here), before);
  });

  it("refuses a release that would need a seat", async () => {
    const here = await place({ seatLimit: 2 });
    await boss(here);
    const { id } = await here.add("ana@example.com");
    await here.call("PATCH", `/members/${String(id)}`, { hold: true });
    await here.add("bea@example.com");
    refused(await here.call("PATCH", `/members/${String(id)}`, { hold: false }), 409, "seat_limit_reached");
    assert.equal(await standing(here, id), "suspended member none");
  });

  it("adds a viewer however full it is", async () => {
    const here = await place({ seatLimit: 0 });
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    assert.equal(await standing(here, id), "active viewer none");
  });

  it("downgrades where the door says so: fallback role, not queued", async () => {
    const here = await place({ seatLimit: 0, settings: { seats: { whenFull: { admin: "downgrade" } } } });
    const { id } = await here.add("ana@example.com");
    assert.equal(await standing(here, id), "active viewer none");
    assert.deepEqual(await reasons(here, id), ["active", "defaultRole", "seatsFull"]);
  });

  it("queues where the door says so, as for what a directory pushes", async () => {
    const here = await place({ seatLimit: 0 });
    const { id } = await here.push("ana@example.com");
    assert.equal(await standing(here, id), "active viewer waiting");
    assert.deepEqual(await reasons(here, id), ["active", "defaultRole", "waiting"]);
    assert.equal(await seats(here), "0/0 left 0 waiting 1 over 0");
  });

  it("keeps whom an admin's grant finds waiting in the queue, and refuses the grant", async () => {
    const here = await place({ seatLimit: 0 });
    const { id } = await here.push("ana@example.com");
    refused(await here.call("PATCH", `/members/${id}`, { roles: ["member"] }), 409, "seat_limit_reached");
    assert.equal(await standing(here, id), "active viewer waiting");
  });
});

describe("rule 3: what is never refused for want of a seat", () => {
  it("lets profile writes, holds and removals pass however full it is", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const { id } = await here.push("ana@example.com");
    const viewer = await here.add("bea@example.com", { roles: ["viewer"] });
    for (const [who, edit] of [
      [viewer["id"], { jobTitle: "Lead", name: { givenName: "Bea" } }],
      [viewer["id"], { hold: true }],
      [id, { hold: true }],
    ] as const) {
      assert.equal((await here.call("PATCH", `/members/${String(who)}`, edit)).status, 200);
    }
    assert.equal((await here.call("DELETE", `/members/${String(viewer["id"])}`)).status, 204);
  });

  it("decides one request once: a role given and a hold set in one edit ask for no seat", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    const { status } = await here.call("PATCH", `/members/${String(id)}`, { roles: ["member"], hold: true });
    assert.equal(status, 200);
    assert.equal(await standing(here, id), "suspended member none");
  });
});

describe("rule 4: a freed seat promotes the next in line", () => {
  for (const [what, free] of [
    ["a removal", (here: Place, id: string) => here.call("DELETE", `/members/${id}`)],
    ["a hold", (here: Place, id: string) => here.call("PATCH", `/members/${id}`, { hold: true })],
    ["a seatless role", (here: Place, id: string) => here.call("PATCH", `/members/${id}`, { roles: ["viewer"] })],
    ["break-glass", (here: Place, id: string) => here.call("PATCH", `/members/${id}`, { breakGlass: true })],
  ] as const) {
    it(`promotes exactly one by ${what}, in the same transaction, and tells it`, async () => {
      const here = await place({ seatLimit: 2 });
      await boss(here);
      const { id } = await here.add("ana@example.com");
      const [first, second] = [await here.push("bea@example.com"), await here.push("cid@example.com")];
      const { status } = await free(here, String(id));
      assert.ok(status < 300);
      assert.equal(await standing(here, first.id), "active member held");
      assert.equal(await standing(here, second.id), "active viewer waiting");
      assert.deepEqual((await reasons(here, first.id)).at(-1), "promoted");
      assert.equal(await seats(here), "2/2 left 0 waiting 1 over 0");
      const events = items(await here.call("GET", "/events?type=member.seat_promoted"));
      assert.deepEqual([events.length, events[0]?.["target"]], [1, { type: "member", id: first.id }]);
    });
  }

  it("passes over who is suspended, whose place is forfeited", async () => {
    const here = await place({ seatLimit: 2 });
    await boss(here);
    const { id } = await here.add("ana@example.com");
    const [first, second] = [await here.push("bea@example.com"), await here.push("cid@example.com")];
    await here.call("PATCH", `/members/${first.id}`, { hold: true });
    assert.equal(await standing(here, first.id), "suspended member none");
    await here.call("DELETE", `/members/${String(id)}`);
    assert.equal(await standing(here, second.id), "active member held");
    assert.equal(await seats(here), "2/2 left 0 waiting 0 over 0");
  });
});

describe("rule 5: nobody loses a seat when the limit is lowered", () => {
  it("tells overBy, lets freed seats vanish, and changes between seat-bearing roles", async () => {
    const here = await place({ seatLimit: 3 });
    await boss(here);
    const ana = await here.add("ana@example.com");
    const bea = await here.add("bea@example.com");
    await limitTo(here, 1);
    assert.equal(await seats(here), "3/1 left 0 waiting 0 over 2");
    assert.equal(await standing(here, bea["id"]), "active member held");
    await here.call("PATCH", `/members/${String(bea["id"])}`, { roles: ["admin"] });
    assert.equal(await standing(here, bea["id"]), "active admin held");
    await here.push("cid@example.com");
    await here.call("DELETE", `/members/${String(ana["id"])}`);
    assert.equal(await seats(here), "2/1 left 0 waiting 1 over 1");
    refused(await here.call("POST", "/members", { email: "dan@example.com", ...NAME }), 409, "seat_limit_reached");
  });

  it("promotes in order when the limit is raised", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const waiting = [];
    for (const name of ["a", "b", "c"]) waiting.push((await here.push(`${name}@example.com`)).id);
    await limitTo(here, 3);
    assert.deepEqual(await Promise.all(waiting.map((id) => standing(here, id))), [
      "active member held",
      "active member held",
      "active viewer waiting",
    ]);
    await limitTo(here, null);
    assert.equal(await standing(here, waiting[2]), "active member held");
    assert.equal(await seats(here), "4/null left null waiting 0 over 0");
  });
});

describe("rule 6: absent, null and 0 seats, and the first admin", () => {
  it("counts an unlimited tenant when asked", async () => {
    const here = await place({ seatLimit: null });
    await boss(here);
    await here.add("ana@example.com");
    assert.equal(await seats(here), "2/null left null waiting 0 over 0");
  });

  it("takes the plan's limit where the tenant has none of its own", async () => {
    const here = await place({ plan: "trial" });
    assert.equal(await seats(here), "0/2 left 2 waiting 0 over 0");
  });

  it("lets nobody in at 0, but for one admin while there is none", async () => {
    const here = await place({ seatLimit: 0 });
    refused(await here.call("POST", "/members", { email: "ana@example.com", ...NAME }), 409, "seat_limit_reached");
    const id = await boss(here);
    assert.equal(await standing(here, id), "active admin held");
    assert.equal(await seats(here), "1/0 left 0 waiting 0 over 1");
    const second = { email: "second@example.com", roles: ["admin"], ...NAME };
    refused(await here.call("POST", "/members", second), 409, "seat_limit_reached");
  });

  it("gives the seat above the limit to one of two first admins who ask at the same time", async () => {
    const here = await place({ seatLimit: 0 });
    const add = (email: string): ReturnType<Place["call"]> =>
      here.call("POST", "/members", { email, roles: ["admin"], ...NAME });
    const both = await Promise.all([add("ana@example.com"), add("bea@example.com")]);
    assert.deepEqual(statuses(both), [201, 409]);
    assert.equal(await seats(here), "1/0 left 0 waiting 0 over 1");
  });
});

describe("rule 7: downgrade and waitlist demand a fallback role that needs no seat", () => {
  it("refuses the settings, and members are decided by the old ones", async () => {
    const here = await place({ seatLimit: 0 });
    const settings = { seats: { fallbackRole: "member" } };
    refused(await here.call("PATCH", "", { settings }), 400, "invalid_request");
    const { id } = await here.push("ana@example.com");
    assert.equal(await standing(here, id), "active viewer waiting");
  });
});

describe("rule 8: autoAssign", () => {
  it("on: a newcomer gets the role that was asked for, else seatedRole", async () => {
    const here = await place({ settings: { seats: { seatedRole: "admin" } } });
    assert.equal(await standing(here, (await here.add("ana@example.com"))["id"]), "active admin held");
    const bea = await here.add("bea@example.com", { roles: ["member"] });
    assert.equal(await standing(here, bea["id"]), "active member held");
    assert.deepEqual(await reasons(here, bea["id"]), ["active", "granted", "seatTaken"]);
  });

  it("off: unmapped people of a directory get the fallback role, an admin's explicit creation takes a seat", async () => {
    const here = await place({ seatLimit: 2, settings: { seats: { autoAssign: false } } });
    const { id } = await here.push("ana@example.com");
    assert.equal(await standing(here, id), "active viewer none");
    assert.equal(await standing(here, (await here.add("bea@example.com"))["id"]), "active member held");
    await here.call("PATCH", `/members/${id}`, { roles: ["member"] });
    assert.equal(await standing(here, id), "active member held");
    assert.equal(await seats(here), "2/2 left 0 waiting 0 over 0");
  });
});

describe("rule 9: whom the policy counts", () => {
  it("frees no seat by suspension where suspended members are counted", async () => {
    const counted = { seats: { countedStatuses: ["active", "suspended"] as const } };
    const here = await place({ seatLimit: 2, settings: counted });
    await boss(here);
    const { id } = await here.add("ana@example.com");
    await here.call("PATCH", `/members/${String(id)}`, { hold: true });
    assert.equal(await standing(here, id), "suspended member held");
    assert.equal(await seats(here), "2/2 left 0 waiting 0 over 0");
    assert.equal((await here.call("PATCH", `/members/${String(id)}`, { hold: false })).status, 200);
  });
});

describe("rules 10 and 28: break-glass members", () => {
  it("take no seat, and are at most five, local, and hidden from directories", async () => {
    const here = await place({ seatLimit: 3 });
    await boss(here);
    const ids: unknown[] = [];
    for (let i = 0; i < 6; i++) ids.push((await here.add(`b${i}@example.com`, { roles: ["viewer"] }))["id"]);
    const glass = (id: unknown): ReturnType<Place["call"]> =>
      here.call("PATCH", `/members/${String(id)}`, { breakGlass: true, roles: ["admin"] });
    for (const id of ids.slice(0, 5)) assert.equal((await glass(id)).status, 200);
    assert.equal(await standing(here, ids[0]), "active admin none");
    assert.deepEqual((await reasons(here, ids[0])).at(-1), "breakGlass");
    assert.equal(await seats(here), "1/3 left 2 waiting 0 over 0");
    refused(await glass(ids[5]), 409, "conflict");
    await assert.rejects(here.activate(String(ids[0]), false), { code: "not_found" });
    const managed = await here.push("ana@example.com");
    refused(await here.call("PATCH", `/members/${managed.id}`, { breakGlass: true }), 409, "managed_by_directory");
  });

  it("are five at most also when two are asked for at the same time", async () => {
    const here = await place();
    const ids: unknown[] = [];
    for (let i = 0; i < 6; i++) ids.push((await here.add(`b${i}@example.com`))["id"]);
    const all = ids.map((id) => here.call("PATCH", `/members/${String(id)}`, { breakGlass: true }));
    assert.deepEqual(statuses(await Promise.all(all)), [200, 200, 200, 200, 200, 409]);
  });

  it("ask for a seat when they are break-glass no more", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    await here.call("PATCH", `/members/${String(id)}`, { breakGlass: true, roles: ["member"] });
    refused(await here.call("PATCH", `/members/${String(id)}`, { breakGlass: false }), 409, "seat_limit_reached");
  });
});

describe("rule 14: what a directory manages", () => {
  const locked: readonly (readonly [what: string, edit: Record<string, unknown>])[] = [
    ["name", { name: { givenName: "Eve" } }],
    ["jobTitle", { jobTitle: "Lead" }],
    ["email", { email: "eve@example.org" }],
    ["avatarUrl", { avatarUrl: "https://img.example.com/a.png" }],
    ["password", { password: "correct horse battery" }],
  ];
  for (const [what, edit] of locked) {
    it(`locks ${what}, says so, and changes nothing of the same edit`, async () => {
      const here = await place();
      const { id } = await here.push("ana@example.com", { name: { givenName: "Ana" } });
      const before = await everything(here);
      const reply = await here.call("PATCH", `/members/${id}`, { ...edit, hold: true, roles: ["viewer"] });
      assert.match(String(refused(reply, 409, "managed_by_directory")["detail"]), new RegExp(`change ${what} there`));
      assert.deepEqual(await everything(here), before);
    });
  }

  it("leaves extra roles and hold to people, and takes what changes nothing", async () => {
    const here = await place();
    const { id } = await here.push("ana@example.com", { name: { givenName: "Ana" } });
    const edit = { roles: ["viewer", "admin"], hold: true, name: { givenName: "Ana" }, email: "ana@example.com" };
    const { status } = await here.call("PATCH", `/members/${id}`, edit);
    assert.equal(status, 200);
    assert.equal(await standing(here, id), "suspended viewer+admin none");
  });

  it("leaves removal to the directory", async () => {
    const here = await place();
    const { id } = await here.push("ana@example.com");
    refused(await here.call("DELETE", `/members/${id}`), 409, "managed_by_directory");
    assert.equal(await standing(here, id), "active member held");
    await here.unpush(id);
    refused(await here.call("GET", `/members/${id}`), 404, "not_found");
  });

  it("names the directory", async () => {
    const here = await place();
    const { id } = await here.push("ana@example.com");
    const { body } = await here.call("GET", `/members/${id}`);
    const { directory, entrance } = body as Record<string, unknown>;
    assert.deepEqual([directory, entrance], [{ id: here.directoryId, name: "default" }, "scim"]);
  });
});

describe("rule 16: nobody gives more than they have", () => {
  it("refuses a role above the caller's permissions, in a creation and in an edit (T11)", async () => {
    const here = await place();
    const { id } = await here.add("ana@example.com", { roles: ["viewer"] });
    const key = await here.as("members:manage", "contact:view");
    const body = { email: "bea@example.com", ...NAME };
    const { detail } = refused(await key("POST", "/members", { ...body, roles: ["admin"] }), 403, "forbidden");
    assert.match(String(detail), /'admin'/);
    refused(await key("PATCH", `/members/${String(id)}`, { roles: ["viewer", "admin"] }), 403, "forbidden");
    assert.equal((await key("POST", "/members", { ...body, roles: ["member"] })).status, 201);
    assert.equal((await key("PATCH", `/members/${String(id)}`, { roles: ["member"] })).status, 200);
  });

  it("refuses to take a role away that the caller could not give", async () => {
    const here = await place();
    await boss(here);
    const second = await here.add("second@example.com", { roles: ["admin"] });
    const key = await here.as("members:manage", "contact:view");
    refused(await key("PATCH", `/members/${String(second["id"])}`, { roles: ["viewer"] }), 403, "forbidden");
    assert.equal(await standing(here, second["id"]), "active admin held");
  });

  it("asks for every permission of the role, the least included", async () => {
    const here = await place();
    const key = await here.as("members:manage");
    const reply = await key("POST", "/members", { email: "ana@example.com", ...NAME, roles: ["member"] });
    refused(reply, 403, "forbidden");
  });
});

describe("rule 17: the last admin", () => {
  for (const [what, edit] of [
    ["a hold", { hold: true }],
    ["another role", { roles: ["member"] }],
    ["break-glass", { breakGlass: true }],
  ] as const) {
    it(`is not lost by ${what} of an admin or API`, async () => {
      const here = await place();
      const id = await boss(here);
      const before = await everything(here);
      refused(await here.call("PATCH", `/members/${id}`, edit), 409, "last_admin");
      assert.deepEqual(await everything(here), before);
    });
  }

  it("is not lost by removal", async () => {
    const here = await place();
    const id = await boss(here);
    refused(await here.call("DELETE", `/members/${id}`), 409, "last_admin");
    assert.equal(await standing(here, id), "active admin held");
  });

  it("is not lost where the other admins are suspended or break-glass", async () => {
    const here = await place();
    const id = await boss(here);
    const held = await here.add("ana@example.com", { roles: ["admin"] });
    const glass = await here.add("bea@example.com", { roles: ["admin"] });
    await here.call("PATCH", `/members/${String(held["id"])}`, { hold: true });
    await here.call("PATCH", `/members/${String(glass["id"])}`, { breakGlass: true });
    refused(await here.call("PATCH", `/members/${id}`, { hold: true }), 409, "last_admin");
    await here.call("PATCH", `/members/${String(held["id"])}`, { hold: false });
    assert.equal((await here.call("PATCH", `/members/${id}`, { hold: true })).status, 200);
  });

  it("stays one when two give up the role at the same time (T12)", async () => {
    const here = await place();
    const ids = [await boss(here), String((await here.add("ana@example.com", { roles: ["admin"] }))["id"])];
    const both = await Promise.all(ids.map((id) => here.call("PATCH", `/members/${id}`, { roles: ["member"] })));
    assert.deepEqual(statuses(both), [200, 409]);
    assert.equal(items(await here.call("GET", "/members?role=admin")).length, 1);
  });

  it("is lost by the directory's deactivation: it succeeds, the role stays on record, the operator is alerted", async () => {
    const here = await place();
    const { id } = await here.push("ana@example.com");
    await here.call("PATCH", `/members/${id}`, { roles: ["admin"] });
    await here.activate(id, false);
    assert.equal(await standing(here, id), "suspended admin none");
    const [alert, ...more] = items(await here.call("GET", "/events?type=tenant.adminless"));
    assert.deepEqual([alert?.["data"], more], [{ lastAdmin: id }, []]);
  });
});

describe("rule 18: hold and the directory's bit never flip each other", () => {
  it("keeps whom an admin holds suspended through the directory's reactivation, and the other way round", async () => {
    const here = await place();
    const { id } = await here.push("ana@example.com");
    await here.call("PATCH", `/members/${id}`, { hold: true });
    assert.equal((await here.activate(id, true)).directoryActive, true);
    assert.equal(await standing(here, id), "suspended member none");
    assert.deepEqual((await reasons(here, id))[0], "heldByAdmin");
    await here.activate(id, false);
    assert.deepEqual((await reasons(here, id))[0], "heldAndInactive");
    await here.call("PATCH", `/members/${id}`, { hold: false });
    assert.equal(await standing(here, id), "suspended member none");
    assert.deepEqual((await reasons(here, id))[0], "inactiveInDirectory");
    await here.activate(id, true);
    assert.equal(await standing(here, id), "active member held");
  });

  it("shows the directory active where a seat is missing", async () => {
    const here = await place({ seatLimit: 0 });
    const { directoryActive } = await here.push("ana@example.com");
    assert.equal(directoryActive, true);
  });
});

describe("rule 19: adoption", () => {
  it("is the directory's first write to a member added by hand: recorded, password untouched, then managed", async () => {
    const here = await place();
    await boss(here);
    const { id } = await here.add("ana@example.com", { password: "correct horse battery" });
    await assert.rejects(here.push("ANA@example.com"), { code: "user_name_exists" });
    await here.activate(String(id), true);
    const [adopted] = items(await here.call("GET", `/events?target=${String(id)}`));
    assert.deepEqual(told(adopted, "data")["directoryId"], [null, here.directoryId]);
    const text = "select password_hash is not null as kept from members where tenant_id = $1 and id = $2";
    const [rows] = await onceInTenant(here.db, here, { text, values: [here.tenantId, id] });
    assert.deepEqual(rows, [{ kept: true }]);
    refused(await here.call("PATCH", `/members/${String(id)}`, { jobTitle: "Lead" }), 409, "managed_by_directory");
    refused(await here.call("DELETE", `/members/${String(id)}`), 409, "managed_by_directory");
  });
});

describe("rule 22: removal", () => {
  it("leaves a tombstone, and an admin and a directory may bring the person back", async () => {
    const here = await place();
    await boss(here);
    const { id } = await here.add("Ana@example.com");
    await here.call("DELETE", `/members/${String(id)}`);
    const text = 'select member_id as "id", email_key as "email" from tombstones where tenant_id = $1';
    const [rows] = await onceInTenant(here.db, here, { text, values: [here.tenantId] });
    assert.deepEqual(rows, [{ id, email: "ana@example.com" }]);
    const again = await here.add("ana@example.com");
    assert.notEqual(again["id"], id);
    await here.call("DELETE", `/members/${String(again["id"])}`);
    await here.push("ana@example.com");
  });
});

describe("GET /members/{id}/explanation", () => {
  it("says why, in words and facts: the status, each role, and last the seat", async () => {
    const here = await place({ seatLimit: 1 });
    await boss(here);
    const { id } = await here.push("ana@example.com");
    assert.deepEqual((await here.call("GET", `/members/${id}/explanation`)).body, {
      status: "active",
      roles: ["viewer"],
      seat: "waiting",
      reasons: [
        { code: "active", text: "Active." },
        { code: "defaultRole", role: "member", text: "Member, the role that new members get." },
        {
          code: "waiting",
          door: "scim",
          text: "Waits for a seat: all were taken when one was asked for through the directory.",
        },
      ],
      permissions: [
        { permission: "contact:view", roles: ["viewer"], granted: false, inForce: true, text: "By the role Viewer." },
      ],
    });
  });
});

describe("GET /seats", () => {
  it("is refused to a key without seats:view", async () => {
    const here = await place();
    refused(await (await here.as("members:view"))("GET", "/seats"), 403, "forbidden");
    assert.equal((await (await here.as("seats:view"))("GET", "/seats")).status, 200);
  });
});

async function limitTo({ call }: Place, seatLimit: number | null): Promise<void> {
  const reply = await call("PATCH", "", { seatLimit });
  assert.equal(reply.status, 200, reply.text);
}
