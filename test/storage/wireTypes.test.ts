import assert from "node:assert/strict";
import * as fc from "fast-check";
import { types as pgTypes } from "pg";
import { parserOf } from "../../src/storage/wireTypes.ts";

const TIMESTAMPTZ = 1184;
const parse = parserOf(TIMESTAMPTZ);
const pgParse = pgTypes.getTypeParser(TIMESTAMPTZ, "text") as (text: string) => unknown;

describe("a timestamptz as PostgreSQL writes it", () => {
  for (const text of [
    "2026-01-31 09:00:00+00",
    "2026-01-31 09:00:00.123+00",
    "2026-01-31 09:00:00.123456+00",
    "2026-01-31 09:00:00.1+00",
    "1969-12-31 23:59:59.999+00",
    "0044-03-15 12:00:00+00",
    "0044-03-15 12:00:00+00 BC",
    "12026-01-31 09:00:00+00",
    "2026-01-31 09:00:00+02",
    "2026-01-31 09:00:00-03:30",
    "infinity",
    "-infinity",
  ]) {
    it(`${text} is what pg's own parser says`, () => {
      assert.deepEqual(parse(text), pgParse(text));
    });
  }

  it("is the instant that was written, for every one to the millisecond", () => {
    const instants = fc.date({ min: new Date("0100-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(instants, (instant) => {
        const text = instant.toISOString().replace("T", " ").replace("Z", "+00");
        assert.deepEqual(parse(text), instant);
      }),
    );
  });
});
