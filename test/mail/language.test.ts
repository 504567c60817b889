import assert from "node:assert/strict";
import * as fc from "fast-check";
import { languageFor } from "../../src/mail/language.ts";
import { languages } from "../../src/mail/message.ts";

describe("the language of a mail", () => {
  const cases: readonly (readonly [wishes: unknown[], language: string, what: string])[] = [
    [["de"], "de", "a language"],
    [["de-AT"], "de", "a language of a region"],
    [["de_DE"], "de", "a locale as operating systems write it"],
    [["DE-de"], "de", "a tag in other letters (RFC 5646 §2.1.1)"],
    [["de-CH, en;q=0.8"], "de", "the first of several ranges"],
    [["en;q=0.5, de;q=0.9"], "de", "the weightiest range (RFC 9110 §12.4.2)"],
    [["fr, de;q=0.3"], "de", "the first range that we have words for"],
    [["de;q=0, en"], "en", "no range that is excluded by its weight"],
    [["fr-CA", "de-DE"], "de", "the next wish where the first is in none of our languages"],
    [[undefined, null, 7, "", "de"], "de", "the first wish that is a text"],
    [["en-US", "de"], "en", "the most telling wish"],
    [["den"], "en", "English for a language that only begins alike"],
    [["*"], "en", "English where anything will do"],
    [[], "en", "English without a wish"],
  ];
  for (const [wishes, language, what] of cases) {
    it(`is ${what}`, () => assert.equal(languageFor(...wishes), language));
  }

  it("is one that there are words in, whatever was wished", () => {
    fc.assert(fc.property(fc.array(fc.anything()), (wishes) => assert.ok(languages.includes(languageFor(...wishes)))));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (wish) => assert.ok(languages.includes(languageFor(wish)))));
  });
});
