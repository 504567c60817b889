/** What switching a directory on would do, beside what its pushes then do. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Member } from "../../src/directory/members/member.ts";
import { changeScimMember, createScimMember } from "../../src/directory/directories/scimMembers.ts";
import { everythingOf, world, type World } from "../directory/mappingWorld.ts";
import { assertCounted, storedMembers } from "../directory/people.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { place, refused, type Place } from "./place.ts";

interface Preview {
  readonly people: number;
  readonly adopted: number;
  readonly managed: number;
  readonly created: number;
  readonly refused: number;
  readonly left: number;
  readonly changes: readonly { id: string; seat: { before: string; after: string } }[];
  readonly conflicts: { count: number; people: readonly { userName: string; code: string; memberId: string | null }[] };
  readonly seats: { limit: number | null; before: number; after: number; waiting: number };
}

async function preview(here: Place, people?: readonly object[], id = here.directoryId): Promise<Preview> {
  const { status, body, text } = await here.call("POST", `/directories/${id}/preview`, people ? { people } : {});
  assert.equal(status, 200, text);
  return body as Preview;
}

const person = (name: string, more: object = {}): object => ({ userName: `${name}@example.com`, ...more });

async function added(here: Place, name: string, roles?: readonly string[]): Promise<string> {
  return String((await here.add(`${name}@example.com`, roles ? { roles } : {}))["id"]);
}

async function emergency(here: Place): Promise<string> {
  const id = await added(here, "glass");
  const { status, text } = await here.call("PATCH", `/members/${id}`, { breakGlass: true });
  assert.equal(status, 200, text);
  return id;
}

describe("POST /tenants/{t}/directories/{id}/preview", () => {
  it("says who would be adopted, who would be new, who stays and what becomes of the seats; writes nothing", async () => {
    const here = await place({ seatLimit: 3 });
    await added(here, "ana");
    await added(here, "ben");
    await here.push("cem@example.com");
    const before = await everythingOf(here);
    const seen = await preview(here, [person("ANA"), person("cem"), person("dan"), person("eva")]);
    assert.deepEqual(
      [seen.people, seen.adopted, seen.managed, seen.created, seen.refused, seen.left],
      [4, 1, 1, 2, 0, 1],
    );
    assert.deepEqual(seen.seats, { limit: 3, before: 3, after: 3, waiting: 2 });
    assert.deepEqual(seen.conflicts, { count: 0, people: [] });
    assert.deepEqual(await everythingOf(here), before);
  });

  it("takes those who are members now where nobody is named, and lets break-glass members out", async () => {
    const here = await place();
    const glass = await emergency(here);
    await added(here, "ana");
    const seen = await preview(here);
    assert.deepEqual([seen.people, seen.adopted, seen.created, seen.left], [2, 1, 0, 1]);
    assert.deepEqual(
      seen.conflicts.people.map(({ code, memberId }) => [code, memberId]),
      [["breakGlass", glass]],
    );
  });

  it("names who stands in the way: another directory's, an emergency access, an address, a name twice", async () => {
    const here = await place();
    const managed = await here.push("managed@example.com");
    const other = (await here.call("POST", "/directories", { name: "Second" })).body as { id: string };
    const glass = await emergency(here);
    const ana = await added(here, "ana");
    const people = [
      person("managed"),
      person("glass"),
      person("a.berg", { email: "Ana@example.com" }),
      person("new"),
      person("NEW"),
    ];
    const seen = await preview(here, people, other.id);
    assert.deepEqual(
      seen.conflicts.people.map(({ code, memberId }) => [code, memberId]),
      [
        ["otherDirectory", managed.id],
        ["breakGlass", glass],
        ["addressTaken", ana],
        ["twice", null],
      ],
    );
    // Rule 21: an address does not keep a directory from making a second one.
    assert.deepEqual([seen.adopted, seen.managed, seen.created], [0, 0, 2]);
  });

  it("shows whose roles or seat would change, and who is suspended by it", async () => {
    const here = await place({ seatLimit: 1, settings: { seats: { whenFull: { scim: "waitlist" } } } });
    const ana = await added(here, "ana");
    const waiting = await here.push("ben@example.com");
    assert.equal(waiting.seat, "waiting");
    const seen = await preview(here, [person("ana", { active: false }), person("ben")]);
    assert.deepEqual(
      seen.changes.map(({ id, seat }) => [id, seat.before, seat.after]),
      [
        [ana, "held", "none"],
        [waiting.id, "waiting", "held"],
      ],
    );
    assert.deepEqual(seen.seats, { limit: 1, before: 1, after: 1, waiting: 0 });
  });

  it("counts whom the policy would refuse for want of a seat", async () => {
    const here = await place({ seatLimit: 1, settings: { seats: { whenFull: { scim: "refuse" } } } });
    const seen = await preview(here, [person("ana"), person("ben"), person("cem", { active: false })]);
    assert.deepEqual([seen.created, seen.refused, seen.seats.after], [2, 1, 1]);
  });

  it("comes out as the pushes then do (property)", async () => {
    const scene = fc.record({
      seatLimit: fc.option(fc.nat({ max: 4 }), { nil: null }),
      whenFull: fc.constantFrom("waitlist", "downgrade", "refuse"),
      here: fc.uniqueArray(fc.constantFrom("ana", "ben", "cem"), { maxLength: 3 }),
      pushed: fc.uniqueArray(
        fc.record({ name: fc.constantFrom("ana", "ben", "cem", "dan", "eva"), active: fc.boolean() }),
        { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(scene, async ({ seatLimit, whenFull, here: names, pushed }) => {
        const here = await world({
          seatLimit,
          settings: { seats: { whenFull: { scim: whenFull, admin: "downgrade" } } },
        });
        for (const name of names) await added(here, name);
        const known = new Map((await storedMembers(here.tenantId)).map(({ id }, i) => [names[i] ?? "", id]));
        const people = pushed.map(({ name, active }) => person(name, { active }));
        const seen = await preview(here, people);
        const order = pushed.toSorted((a, b) => Number(known.has(b.name)) - Number(known.has(a.name)));
        // Who frees a seat goes first (rule 3), as in one push of them all.
        const leaving = order.toSorted((a, b) => Number(leaves(b, known)) - Number(leaves(a, known)));
        let turnedAway = 0;
        for (const each of leaving) turnedAway += await push(here, known.get(each.name), each);
        const members = await storedMembers(here.tenantId);
        assert.deepEqual(
          [seen.created, seen.refused, seen.adopted],
          [members.length - names.length, turnedAway, pushed.filter(({ name }) => known.has(name)).length],
        );
        assert.equal(seen.seats.after, members.filter(({ seat }) => seat === "held").length);
        assert.equal(seen.seats.waiting, members.filter(({ seat }) => seat === "waiting").length);
        await assertCounted(here.tenantId);
      }),
      { numRuns: 15 },
    );
  }).timeout(120_000);

  it("has not found another tenant's directory, and needs directories:edit", async () => {
    const [here, there] = [await place(), await place()];
    refused(await here.call("POST", `/directories/${there.directoryId}/preview`, {}), 404, "not_found");
    const viewer = await here.as("directories:view", "members:view");
    refused(await viewer("POST", `/directories/${here.directoryId}/preview`, {}), 403, "forbidden");
  });

  it("refuses people who are none, and more than there may be", async () => {
    const here = await place();
    const many = Array.from({ length: 10_001 }, () => ({ userName: "a" }));
    for (const people of [
      [],
      [{}],
      [{ userName: "" }],
      [{ userName: "a\u0000" }],
      [{ userName: "a", id: "x" }],
      many,
      "x",
    ]) {
      assert.equal((await here.call("POST", `/directories/${here.directoryId}/preview`, { people })).status, 400);
    }
  });
});

interface Push {
  readonly name: string;
  readonly active: boolean;
}

function leaves({ name, active }: Push, known: ReadonlyMap<string, string>): boolean {
  return known.has(name) && !active;
}

/** @returns 1 where it was refused for want of a seat */
async function push(here: World, id: string | undefined, { name, active }: Push): Promise<0 | 1> {
  try {
    if (id !== undefined) {
      const make = ({ scim }: Member) => ({ scim, active, password: undefined });
      await changeScimMember(here.db, here.who(), id, { make, password: undefined });
    } else
      await createScimMember(here.db, here.who(), {
        scim: { userName: `${name}@example.com` },
        active,
        password: undefined,
      });
    return 0;
  } catch (error) {
    if (!isRefusal(error, "seat_limit_reached")) throw error;
    return 1;
  }
}
