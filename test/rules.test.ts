/** `docs/rules.md` against the cases that name a rule. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { doorRules } from "./support/doorRules.ts";
import { casesByRule, rulesIn, rulesPage } from "./support/rulesPage.ts";

describe("the rules of the door", () => {
  it("have each a case that is named for it", () => {
    const cases = casesByRule();
    const bare = Object.keys(doorRules).filter((rule) => !cases.has(Number(rule)));
    assert.deepEqual(bare, [], "name a case for it, as in: it(`… (rule 12)`)");
  });

  it("are all that cases are named for", () => {
    assert.deepEqual(Object.keys(doorRules).length, 30);
    const unknown = [...casesByRule().keys()].filter((rule) => !(rule in doorRules));
    assert.deepEqual(unknown, []);
  });

  it("are named by cases alone, and not by the samples of titles that pages are tried with", () => {
    const files = new Set([...casesByRule().values()].flat().map(({ file }) => file));
    assert.deepEqual([files.has("rules"), files.has("features"), files.has("admin/seats")], [false, false, true]);
  });

  it("are what docs/rules.md says", () => {
    const page = readFileSync(new URL("../docs/rules.md", import.meta.url), "utf8");
    // The formatter breaks lines as it likes.
    const plain = (text: string): string => text.replaceAll(/[\s\\]+/g, "");
    assert.equal(plain(page), plain(rulesPage()), "run node scripts/pages.mjs");
  });

  it("are found in titles one by one, in lists and in spans, and nowhere else", () => {
    assert.deepEqual(rulesIn("is refused (rule 16, T11)"), [16]);
    assert.deepEqual(rulesIn("keeps all (rules 1, 2, 17) and what rule 5 says"), [1, 2, 17, 5]);
    assert.deepEqual(rulesIn("rules 10 and 28: break-glass"), [10, 28]);
    assert.deepEqual(rulesIn("the queue and groups (rules 2 to 4)"), [2, 3, 4]);
    assert.deepEqual(rulesIn("keep rules 1, 4, and 17, miss nobody"), [1, 4, 17]);
    assert.deepEqual(rulesIn("interop row 7: no rule here, nor in ruled 3"), []);
  });

  it("say so where a rule has no case", () => {
    assert.equal(rulesPage(new Map()).match(/No case yet\./g)?.length, 30);
  });
});
