import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fold } from "../../src/base/fold.ts";
import type { Member } from "../../src/directory/members/member.ts";
import { listResources, type Asked } from "../../src/directory/directories/scimList.ts";
import { toUser } from "../../src/provisioning/userResource.ts";
import type { Place } from "../../src/scim/cursor.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseInstant } from "../../src/scim/instant.ts";
import { elementsOf, isObject, matches } from "../../src/scim/match.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import { SORTED_CHARACTERS, sortedAttribute, sortOver, type Sort } from "../../src/scim/sort.ts";
import { ScimRefusal, type ScimObject, type ScimValue } from "../../src/scim/types.ts";
import type { Who } from "../../src/storage/types.ts";
import { textOf } from "../support/scim.ts";
import { testDatabase } from "../support/database.ts";
import { filters, users } from "./scimFilterArbitraries.ts";
import { addMember, badgedUser, baseUrl, listedMembers, listWho, newWho } from "./scimFilterWorld.ts";

type Key = string | number | boolean;

/** What RFC 7644 §3.4.2.3 says a resource is sorted by, in memory; undefined where it has no value. */
function keyOf({ target }: Sort, resource: ScimObject): Key | undefined {
  if (!target) return undefined;
  const { container, attribute, subAttribute } = target;
  const holder = container ? resource[container.name] : resource;
  const whole = isObject(holder) ? holder[attribute.name] : undefined;
  const one = attribute.multiValued ? chosen(whole) : whole;
  if (!subAttribute) return scalar(target, one);
  const part = isObject(one) ? one[subAttribute.name] : undefined;
  return scalar(target, subAttribute.multiValued ? chosen(part) : part);
}

function chosen(value: ScimValue | undefined): ScimValue | undefined {
  const values = elementsOf(value);
  return values.find((each) => isObject(each) && each["primary"] === true) ?? values[0];
}

function scalar(target: NonNullable<Sort["target"]>, value: ScimValue | undefined): Key | undefined {
  const { type, caseExact } = sortedAttribute(target);
  switch (type) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "integer":
    case "decimal":
      return typeof value === "number" ? value : undefined;
    case "dateTime":
      return typeof value === "string" ? parseInstant(value) : undefined;
    default: {
      if (typeof value !== "string") return undefined;
      const text = caseExact || type === "binary" ? value : fold(value);
      return Array.from(text).slice(0, SORTED_CHARACTERS).join("") || undefined;
    }
  }
}

function compare(sort: Sort, one: ScimObject, other: ScimObject): number {
  const [a, b] = [keyOf(sort, one), keyOf(sort, other)];
  const ids = textOf(one["id"]) < textOf(other["id"]) ? -1 : 1;
  if (a === undefined || b === undefined) {
    if (a === b) return ids;
    return (a === undefined) === sort.descending ? -1 : 1;
  }
  const order = typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b);
  return (sort.descending ? -order : order) || ids;
}

/** Every path that a list may go by. */
const sortable = [...badgedUser.paths.keys()].filter((path) => {
  try {
    return sortOver([badgedUser], { sortBy: path }, leniency("rfc")).length > 0;
  } catch (error) {
    assert.ok(error instanceof ScimRefusal);
    return false;
  }
});

describe("sorting in SQL, against the comparison in memory (RFC 7644 §3.4.2.3)", () => {
  it("gives the same order by any attribute, and page after page in either direction", async () => {
    const sorts = fc.record({
      sortBy: fc.constantFrom(...sortable),
      sortOrder: fc.constantFrom("ascending", "descending"),
      filter: fc.option(filters, { nil: undefined, freq: 4 }),
      count: fc.constantFrom(2, 3, 5),
    });
    const when = fc.constantFrom("2011-05-13T04:42:34.000Z", "2012-03-01T00:00:00.123Z");
    const world = fc.tuple(when, users, fc.array(sorts, { minLength: 15, maxLength: 15 }));
    await fc.assert(
      fc.asyncProperty(world, async ([now, people, asked]) => {
        const who = await newWho(new Date(now));
        const members: Member[] = [];
        for (const { scim, active } of people) members.push(await addMember(who, scim, active));
        for (const { filter: tree, count, ...order } of asked) {
          const filter = tree === undefined ? null : resolveFilter(badgedUser, tree, leniency("tolerant"));
          const sort = sortOver([badgedUser], order, leniency("tolerant"))[0] ?? null;
          assert.ok(sort);
          const shown = members.map((member) => toUser(badgedUser, member, baseUrl));
          const expected = shown
            .filter((each) => filter === null || matches(filter, each))
            .toSorted((a, b) => compare(sort, a, b))
            .map(({ id }) => id);
          const listed = { ...listedMembers(filter, sort), selected: defaultSelection(badgedUser) };
          const what = JSON.stringify([order, tree]);
          assert.deepEqual(await byIndex(who, listed), expected, what);
          assert.deepEqual(await walked(who, listed, count), expected, what);
        }
      }),
      { numRuns: 4, seed: 7644, endOnFailure: true },
    );
  });

  it("looks at as much of a text as a cursor carries", async () => {
    const who = await newWho(new Date("2026-01-01T00:00:00Z"));
    const long = "x".repeat(SORTED_CHARACTERS);
    const ids = [];
    for (const title of [`${long}b`, `${long}a`, "a"]) ids.push((await addMember(who, { userName: title, title })).id);
    const [sort = null] = sortOver([badgedUser], { sortBy: "title" }, leniency("rfc"));
    const listed = { ...listedMembers(null, sort), selected: defaultSelection(badgedUser) };
    assert.deepEqual(await walked(who, listed, 1), [ids[2], ids[0], ids[1]]);
  });
});

async function byIndex(who: Who, listed: Asked): Promise<string[]> {
  const wanted = { kind: "index", startIndex: 1, count: 100 } as const;
  const { items, total } = await listResources(await testDatabase(), listWho(who), [listed], wanted);
  assert.equal(total, items.length);
  return items.map(({ row }) => row.id);
}

/** All ids by cursors, forward; on the way back each page is the one that was before. */
async function walked(who: Who, listed: Asked, count: number): Promise<string[]> {
  const db = await testDatabase();
  const read = (place: Place | null, backwards: boolean) =>
    listResources(db, listWho(who), [listed], { kind: "cursor", count, place, backwards, total: undefined });
  const pages = [];
  let page = await read(null, false);
  assert.equal(page.previous, null);
  for (;;) {
    pages.push(page.items.map(({ row }) => row.id));
    if (!page.next) break;
    page = await read(page.next, false);
  }
  for (let at = pages.length - 2; at >= 0; at--) {
    assert.ok(page.previous);
    page = await read(page.previous, true);
    assert.deepEqual(
      page.items.map(({ row }) => row.id),
      pages[at],
    );
    assert.equal(page.previous === null, at === 0);
    assert.ok(page.next);
  }
  return pages.flat();
}
