import assert from "node:assert/strict";
import * as fc from "fast-check";
import { jsonFaultOffset } from "../../src/http/jsonFault.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts that are JSON or nearly so. */
const nearJson = fc
  .tuple(
    fc.json(),
    fc.nat(),
    fc.nat({ max: 3 }),
    fc.constantFrom("", ",", "}", "]", '"', "\\", ":", "0", "\n", "t", "-"),
  )
  .map(([json, at, cut, insert]) => {
    const place = at % (json.length + 1);
    return json.slice(0, place) + insert + json.slice(place + cut);
  });

describe("the place where a text stops being JSON", () => {
  it("is none exactly when JSON.parse reads the text", () => {
    const texts = fc.oneof(fc.json(), nearJson, fc.string());
    fc.assert(
      fc.property(texts, (text) => assert.equal(jsonFaultOffset(text) === -1, isJson(text), text)),
      {
        numRuns: 2000,
      },
    );
  });

  it("is the end of the text when only its end is missing", () => {
    const document = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(document, (value) => {
        const text = JSON.stringify(value).slice(0, -1);
        assert.equal(jsonFaultOffset(text), text.length);
      }),
    );
  });

  it("is within the text or at its end, and found in linear time for long strings", () => {
    const text = `{"a":"${"x\\n".repeat(500_000)}`;
    assert.equal(jsonFaultOffset(text), 5);
  });

  const places: [string, number][] = [
    ["", 0],
    ["[1 2]", 3],
    ['{"a" 1}', 5],
    ['{"a":1,"b"}', 10],
    ["[}", 1],
    ["{]", 1],
    ["[1,2}", 4],
    ["1,2", 1],
    ["01", 1],
    ["nul", 0],
    ['"\\x"', 0],
    ["{,}", 1],
    ["[,1]", 1],
  ];
  for (const [text, offset] of places) {
    it(`${JSON.stringify(text)} breaks at ${offset}`, () => assert.equal(jsonFaultOffset(text), offset));
  }
});
