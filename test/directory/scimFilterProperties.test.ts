import assert from "node:assert/strict";
import * as fc from "fast-check";
import { foldedPart, trimmed } from "../../src/directory/directories/scimFilterFold.store.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { fold } from "../../src/base/fold.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import { testDatabase } from "../support/database.ts";
import { filters, users } from "./scimFilterArbitraries.ts";
import { addMember, badgedUser, bothReadings, conditionOf, filterOf, newWho } from "./scimFilterWorld.ts";
import { readOnce } from "../../src/storage/scope.ts";

describe("filters in SQL, against the evaluator", () => {
  it("find the same Users by any filter over every kind of attribute", async () => {
    const when = fc.constantFrom("2011-05-13T04:42:34.000Z", "2011-05-13T04:42:34.123Z", "2012-03-01T00:00:00.000Z");
    const world = fc.tuple(when, users, fc.array(filters, { minLength: 40, maxLength: 40 }));
    await fc.assert(
      fc.asyncProperty(world, async ([now, people, asked]) => {
        const who = await newWho(new Date(now));
        const members = [];
        for (const { scim, active } of people) members.push(await addMember(who, scim, active));
        for (const tree of asked) {
          const filter = resolveFilter(badgedUser, tree, leniency("tolerant"));
          const { found, expected } = await bothReadings(who, members, filter);
          assert.deepEqual(found, expected, JSON.stringify(tree));
        }
      }),
      { numRuns: 12, seed: 7644, endOnFailure: true },
    );
  });

  it("have one text for one shape, and no value in it", () => {
    const text = (value: string): string =>
      conditionOf(
        filterOf(
          `userName sw ${value} and (emails[value co ${value}] or not (id eq ${value})) and name.givenName gt ${value}`,
        ),
      );
    assert.equal(text('"marvin"'), text(`"o'neil\\\\ $1 %"`));
    assert.doesNotMatch(text('"marvin"'), /marvin/i);
  });
});

describe("folding in SQL", () => {
  it("gives every letter what JavaScript gives it, whichever Unicode the server knows", async () => {
    const letters: string[] = [];
    for (let point = 1; point <= 0x10ffff; point++) {
      const character = String.fromCodePoint(point);
      const isPlain = !/[\p{Cs}\p{Cn}]/u.test(character) && character.normalize("NFKC") === character;
      if (isPlain && fold(character) !== character) letters.push(character);
    }
    assert.ok(letters.length > 1300);
    const values: unknown[] = [letters];
    const folded = trimmed(foldedPart("v.text", undefined, (value) => `$${values.push(value)}`));
    const read = readOnce(await testDatabase(), await newWho(new Date("2026-01-01T00:00:00Z")));
    const rows = await read<{ text: string }>({
      text: `select ${folded} as text from (select t collate "C" as text from unnest($1::text[]) t offset 0) v`,
      values,
    });
    assert.deepEqual(
      rows.map(({ text }) => text),
      letters.map(fold),
    );
  });
});
