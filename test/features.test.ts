/** `docs/features.md` against the cases that it names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { alsoShown } from "./support/features/alsoShown.ts";
import { REASONS } from "./support/features/feature.ts";
import { casesByItem, features, featuresPage, itemsOf, shownBy, stateOf } from "./support/features/page.ts";
import { allTitles } from "./support/titles.ts";

const docs = new URL("../docs/", import.meta.url);

/** Items that are not shown yet: this list shrinks, and nothing comes onto it. */
const OPEN: readonly string[] = [];

describe("the list of features", () => {
  it("has all items of the five sources", () => {
    const count = (source: number): number =>
      Object.keys(features).filter((item) => item.startsWith(`S${source}.`)).length;
    assert.deepEqual([0, 1, 2, 3, 4].map(count), [28, 35, 33, 31, 14]);
    for (const source of [0, 1, 2, 3, 4])
      for (let i = 1; i <= count(source); i++) assert.ok(features[`S${source}.${i}`], `S${source}.${i}`);
  });

  it("is what docs/features.md says", () => {
    const page = readFileSync(new URL("features.md", docs), "utf8");
    // The formatter lines tables up.
    const plain = (text: string): string[] => {
      return text.split("\n").map((line) => line.replaceAll(/-{3,}/g, " ").replaceAll(/\s+/g, " ").trim());
    };
    assert.deepEqual(plain(page), plain(featuresPage()), "run node scripts/pages.mjs");
  });

  it("has for each item a case, or a reason why it is not built", () => {
    const cases = casesByItem();
    const open = Object.entries(features)
      .filter(([item, feature]) => stateOf(feature, cases.get(item) ?? []) === "open")
      .map(([item]) => item);
    assert.deepEqual(open, OPEN);
  });

  it("knows every item that a case is named for", () => {
    const unknown = [...casesByItem().keys()].filter((item) => !features[item]);
    assert.deepEqual(unknown, [], "describe the item in test/support/features");
  });

  it("names reasons that are there", () => {
    const page = readFileSync(new URL(REASONS, docs), "utf8");
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, text = ""]) =>
      text.toLowerCase().replaceAll(/\W+/g, "-"),
    );
    const named = Object.values(features).flatMap(([, state, more]) => (state === "refused" ? [more] : []));
    assert.deepEqual(
      named.filter((reason) => !headings.includes(reason ?? "")),
      [],
    );
  });

  it("names cases that are there", () => {
    const titles = new Map(allTitles().map((each) => [each.file, each.titles]));
    const missing = Object.values(alsoShown)
      .flat()
      .filter((name) => !titles.get(shownBy(name).file)?.includes(shownBy(name).title));
    assert.deepEqual(missing, [], "see test/support/features/alsoShown.ts");
  });

  it("says of an item without a case that it is open", () => {
    const page = featuresPage(new Map());
    for (const [item, [, state]] of Object.entries(features)) {
      assert.match(
        page,
        new RegExp(`\\| ${item.replace(".", "\\.")} \\|.*\\| ${state === "refused" ? state : "open"} \\|`),
      );
    }
  });

  it("finds items at the beginning of a title and in its brackets, and nowhere else", () => {
    const titles: readonly (readonly [title: string, items: readonly string[]])[] = [
      ["S1.2 S0.6 creating one", ["S1.2", "S0.6"]],
      ["is dead at once when the link is regenerated (S3.17)", ["S3.17"]],
      ["is refused (rule 2, S0.20, S0.24)", ["S0.20", "S0.24"]],
      ["is said of S2.9 by the way", []],
      ["S23: names another Destination (T01)", []],
    ];
    for (const [title, items] of titles) assert.deepEqual(itemsOf(title), items, title);
  });
});
