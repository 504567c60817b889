import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { MemberStatus } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { changeMember } from "../../src/directory/members/changeMember.ts";
import type { Member } from "../../src/directory/members/member.ts";
import {
  completeSettings,
  defaultSettings,
  mergeSettings,
  type SettingsChange,
} from "../../src/directory/tenants/tenantSettings.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { assertCounted, eventTypes, people, person, seatsHeld, storedMembers } from "./people.ts";

async function set(tenantId: string, settings: SettingsChange): Promise<void> {
  const who = { tenantId, actor: { type: "operator" }, now: new Date() } as const;
  await updateTenant(await testDatabase(), who, { settings });
}

function counted(...countedStatuses: MemberStatus[]): SettingsChange {
  return { seats: { countedStatuses } };
}

/** What suspended members do is the same for the directory's bit and an admin's hold. */
const suspended: Partial<Member> = { directoryActive: false };

describe("a policy of seats that is widened", () => {
  it("gives those who come to need a seat one, over the limit, and nobody loses theirs (rule 5)", async () => {
    const { id } = await newTenant({ seatLimit: 2 });
    await people(id, 2);
    await people(id, 2, "scim", suspended);
    assert.deepEqual(await seatsHeld(id), ["held", "held", "none", "none"]);
    await set(id, counted("active", "suspended"));
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held", "held"]);
    assert.equal((await storedMembers(id))[2]?.reasons.at(-1)?.code, "keptOverLimit");
    await assertCounted(id);
  });

  it("keeps those who wait where they are, and the next newcomer behind them", async () => {
    const { id } = await newTenant({ seatLimit: 1 });
    await people(id, 2);
    await person(id, "scim", suspended);
    await set(id, counted("active", "suspended"));
    assert.deepEqual(await seatsHeld(id), ["held", "waiting", "held"]);
    assert.equal((await person(id)).seat, "waiting");
    await assertCounted(id);
  });

  it("counts invited people who need a seat by it", async () => {
    const { id } = await newTenant({ seatLimit: 5 });
    await person(id, "admin", { joinedAt: null, status: "invited", granted: ["member"] });
    assert.deepEqual(await seatsHeld(id), ["none"]);
    await set(id, counted("active", "invited"));
    assert.deepEqual(await seatsHeld(id), ["held"]);
    await assertCounted(id);
  });

  it("asks no seat for viewers, nor for a break-glass member (rule 10)", async () => {
    const { id } = await newTenant({ seatLimit: 5 });
    await person(id, "admin", { ...suspended, granted: ["viewer"] });
    await person(id, "admin", { ...suspended, granted: ["admin"], breakGlass: true });
    await set(id, counted("active", "suspended"));
    assert.deepEqual(await seatsHeld(id), ["none", "none"]);
  });

  it("moves seats in an unlimited tenant too, where none are counted", async () => {
    const { id } = await newTenant();
    await person(id, "scim", suspended);
    await set(id, counted("active", "suspended"));
    assert.deepEqual(await seatsHeld(id), ["held"]);
    await assertCounted(id);
  });
});

describe("a policy of seats that is narrowed", () => {
  it("frees the seats that nobody needs, and gives them to those who wait (rule 4)", async () => {
    const { id } = await newTenant({ seatLimit: 2, settings: counted("active", "suspended") });
    await people(id, 2, "scim", suspended);
    await people(id, 3);
    assert.deepEqual(await seatsHeld(id), ["held", "held", "waiting", "waiting", "waiting"]);
    await set(id, counted("active"));
    assert.deepEqual(await seatsHeld(id), ["none", "none", "held", "held", "waiting"]);
    assert.deepEqual((await storedMembers(id))[2]?.roles, ["member"]);
    await assertCounted(id);
  });

  it("and widened at once frees before it takes", async () => {
    const { id } = await newTenant({ seatLimit: 1, settings: counted("suspended") });
    await person(id, "scim", suspended);
    await person(id);
    assert.deepEqual(await seatsHeld(id), ["held", "none"]);
    await set(id, counted("active"));
    assert.deepEqual(await seatsHeld(id), ["none", "held"]);
    await assertCounted(id);
  });

  it("to nobody who is here takes no one's role away", async () => {
    const { id } = await newTenant({ seatLimit: 1 });
    await people(id, 2);
    await set(id, counted("invited"));
    assert.deepEqual(await seatsHeld(id), ["none", "none"]);
    assert.deepEqual(
      (await storedMembers(id)).map(({ roles }) => roles),
      [["member"], ["member"]],
    );
    await assertCounted(id);
  });
});

describe("a change of the seat settings", () => {
  it("is what the next decision goes by, also in a process that remembers the old ones", async () => {
    const { id } = await newTenant({ seatLimit: 0 });
    assert.equal((await person(id)).seat, "waiting");
    await set(id, { seats: { whenFull: { scim: "downgrade" } } });
    assert.equal((await person(id)).seat, "none");
    await set(id, { seats: { whenFull: { scim: "refuse" } } });
    await assert.rejects(person(id), (error) => isRefusal(error, "seat_limit_reached"));
    await set(id, { seats: { seatedRole: "viewer" } });
    assert.deepEqual((await person(id)).roles, ["viewer"]);
  });

  it("touches and tells no member whom it changes nothing for", async () => {
    const { id } = await newTenant({ seatLimit: 1 });
    const members = await people(id, 2);
    const before = await storedMembers(id);
    await set(id, {
      seats: { autoAssign: false, whenFull: { sso: "waitlist" }, countedStatuses: ["active", "invited"] },
    });
    assert.deepEqual(await storedMembers(id), before);
    assert.deepEqual(
      (await eventTypes(id)).filter((type) => type.startsWith("member.")),
      members.map(() => "member.created"),
    );
  });

  it("and a lower limit in one request count the seats of both", async () => {
    const { id } = await newTenant({ seatLimit: 5 });
    await people(id, 3);
    await person(id, "scim", suspended);
    const who = { tenantId: id, actor: { type: "operator" }, now: new Date() } as const;
    await updateTenant(await testDatabase(), who, { settings: counted("active", "suspended"), ownLimit: { limit: 1 } });
    assert.deepEqual(await seatsHeld(id), ["held", "held", "held", "held"]);
    await assertCounted(id);
  });

  it("whatever they become, leaves the counter equal to the rows, and who needs a seat holding or awaiting one", async () => {
    const statuses = fc.uniqueArray(fc.constantFrom<MemberStatus>("invited", "active", "suspended"), { minLength: 1 });
    const step = fc.record({ statuses, limit: fc.option(fc.nat(4)) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const { id } = await newTenant({ seatLimit: 2 });
        await people(id, 3);
        await person(id, "scim", suspended);
        await person(id, "admin", { joinedAt: null, status: "invited", granted: ["viewer"] });
        for (const { statuses: counts, limit } of steps) {
          const who = { tenantId: id, actor: { type: "operator" }, now: new Date() } as const;
          const change = { settings: counted(...counts), ownLimit: { limit } };
          await updateTenant(await testDatabase(), who, change);
          await assertCounted(id);
          for (const member of await storedMembers(id)) {
            assert.equal(member.needs_seat, member.seat !== "none", JSON.stringify(member));
            if (!member.needs_seat) assert.notEqual(member.seat, "held");
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it("and newcomers at the same time leave every seat either held once or free", async () => {
    const { id } = await newTenant({ seatLimit: 2 });
    const db = await testDatabase();
    const who = { tenantId: id, actor: { type: "operator" }, now: new Date() } as const;
    const limits = [5, null, 3, 8, 0, 6].map((limit) => updateTenant(db, who, { ownLimit: { limit } }));
    const policies = [counted("active", "suspended"), counted("active")].map((settings) => set(id, settings));
    await Promise.all([...limits, ...policies, ...Array.from({ length: 12 }, () => person(id))]);
    await assertCounted(id);
    await updateTenant(db, who, { ownLimit: { limit: 10 } });
    await assertCounted(id);
    const seats = await seatsHeld(id);
    assert.equal(seats.length, 12);
    assert.ok(seats.filter((seat) => seat === "held").length >= 10);
    assert.equal(seats.includes("none"), false);
  });

  it("does not undo what a member's own change did meanwhile", async () => {
    const { id } = await newTenant({ seatLimit: 3 });
    const [first] = await people(id, 3);
    const db = await testDatabase();
    const who = { tenantId: id, actor: { type: "operator" }, now: new Date() } as const;
    const via = { door: "admin", act: "person", loss: "act" } as const;
    const make = (member: Member): Member => ({ ...member, hold: true });
    await Promise.all([
      changeMember(db, who, first?.id ?? "", { make }, via),
      set(id, counted("active", "suspended")),
      set(id, counted("active")),
      set(id, { seats: { whenFull: { scim: "refuse" } } }),
    ]);
    assert.equal((await storedMembers(id)).filter(({ status }) => status === "suspended").length, 1);
    await assertCounted(id);
  });
});

describe("settings", () => {
  it("merge in the order in which they are written, and the last word holds", () => {
    const first = mergeSettings({}, { seats: { whenFull: { scim: "refuse" } }, signIn: { sessionHours: 1 } });
    const second = mergeSettings(first, { seats: { whenFull: { sso: "refuse" }, autoAssign: false } });
    assert.deepEqual(second, {
      seats: { whenFull: { scim: "refuse", sso: "refuse" }, autoAssign: false },
      signIn: { sessionHours: 1 },
    });
    assert.deepEqual(mergeSettings(second, second), second);
    assert.deepEqual(mergeSettings(second, {}), second);
  });

  it("that were never set are the defaults", () => {
    assert.deepEqual(completeSettings({}, null), defaultSettings);
    assert.deepEqual(completeSettings(mergeSettings({}, {}), null), defaultSettings);
  });

  it("name the plan's quota until they name one of their own", () => {
    const plans = { kind: "daily", max: 5 } as const;
    assert.deepEqual(completeSettings({}, plans).invitations.quota, plans);
    assert.deepEqual(completeSettings({ invitations: { quota: null } }, plans).invitations.quota, plans);
    const own = { kind: "none" } as const;
    assert.deepEqual(completeSettings({ invitations: { quota: own } }, plans).invitations.quota, own);
  });
});
