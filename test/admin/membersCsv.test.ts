import assert from "node:assert/strict";
import * as fc from "fast-check";
import { people } from "../directory/people.ts";
import { items, place, type Place } from "./place.ts";

/** People who differ in all that the list filters and sorts by. */
async function crowd(): Promise<Place> {
  const here = await place({ seatLimit: 3, settings: { seats: { whenFull: { admin: "waitlist" } } } });
  const ids = [];
  const names = ["Ana Berg", "ben Çelik", "Cid Øst", "Dan Berg", "eva 100%"];
  for (const [i, name] of names.entries()) {
    const [givenName, familyName] = name.split(" ");
    const roles = [i === 0 ? "admin" : i === 3 ? "viewer" : "member"];
    ids.push(
      (await here.add(`p${i}@example.${i % 2 === 0 ? "com" : "org"}`, { name: { givenName, familyName }, roles }))[
        "id"
      ],
    );
  }
  await here.push("fay", { displayName: "Zed", emails: [] });
  await people(here.tenantId, 1, "csv", { joinedAt: null });
  await here.call("PATCH", `/members/${String(ids[2])}`, { hold: true });
  await here.call("POST", "/teams", { name: "Red", members: [ids[0], ids[3], ids[4]] });
  return here;
}

describe("GET /members.csv", () => {
  it("has exactly who is on screen, in that order, by every search, filter and sort (S3.29, S3.31)", async () => {
    const here = await crowd();
    const maybe = (...values: string[]): fc.Arbitrary<string | undefined> =>
      fc.option(fc.constantFrom(...values), { nil: undefined });
    const query = fc.record({
      search: maybe("berg", "b", "celik", "ØST", "example.org", "%", "zed"),
      status: maybe("invited", "active", "suspended"),
      role: maybe("admin", "member", "viewer"),
      seat: maybe("with", "without", "waiting"),
      team: maybe("red", "blue"),
      entrance: maybe("admin", "scim", "csv"),
      sort: maybe("name", "-name", "email", "-email", "lastSignInAt", "-lastSignInAt", "createdAt", "-createdAt"),
    });
    let rows = 0;
    const same = fc.asyncProperty(query, async (asked) => {
      const given = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const search = new URLSearchParams(given).toString();
      const listed = items(await here.call("GET", `/members?limit=200&${search}`));
      const [header, ...lines] = (await here.call("GET", `/members.csv?${search}`)).text.trimEnd().split("\r\n");
      assert.equal(header, "id,email,firstName,lastName,isAdmin,hasSeat");
      assert.deepEqual(
        lines.map((line) => line.split(",")[0]),
        listed.map(({ id }) => id),
      );
      for (const [i, line] of lines.entries()) {
        const seat = listed[i]?.["seat"] === "held" ? "yes" : "no";
        assert.ok(line.endsWith(`,${seat}`), line);
      }
      rows += lines.length;
    });
    await fc.assert(same, { numRuns: 30, examples: [[{}] as never, [{ seat: "with", sort: "-name" }] as never] });
    assert.ok(rows >= 7, "somebody was found");
  });
});
