/** `docs/conformance.md` against the cases that it names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Suite, Test } from "mocha";
import { conformancePage, namedCases, passingPage } from "../support/conformance/page.ts";
import { fileOf, names } from "../support/conformance/requirement.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the table of conformance", () => {
  it("names cases that are there, as far as their files are loaded in this run", function () {
    const loaded = casesOf(rootOf(this.test?.parent));
    const files = new Set(loaded.map(({ file }) => file));
    const missing = namedCases().filter((name) => {
      const file = fileOf(name);
      return files.has(file) && !loaded.some((each) => each.file === file && names(name, each.title));
    });
    assert.deepEqual(missing, [], "see test/support/conformance");
  });

  it("is docs/conformance.md, in which every status is `passes`", () => {
    const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");
    const [shown, expected] = [page, passingPage()].map((text) => text.split("\n"));
    const differing = expected?.filter((line) => !shown?.includes(line)).map((line) => line.slice(0, 200));
    assert.deepEqual(differing, [], "run node scripts/conformance.mjs");
    assert.ok(
      page === passingPage(),
      "docs/conformance.md holds more than it should: run node scripts/conformance.mjs",
    );
  });

  it("says of a case that failed or did not run that it did", () => {
    const [first = "x: y"] = namedCases();
    assert.ok(!/\| (passes|FAILS) \|$/m.test(conformancePage([])));
    assert.match(conformancePage([]), /\| MISSING \|$/m);
    const all = namedCases().map((name) => ({
      file: fileOf(name),
      title: name.slice(name.indexOf(": ") + 2),
      passed: name !== first,
    }));
    assert.match(conformancePage(all), /\| FAILS \|$/m);
    assert.equal(conformancePage(all.map((each) => ({ ...each, passed: true }))), passingPage());
  });

  it("has all rows of the field: every number from 1 to 65 is an interop case", () => {
    const files = ["interop", "groupsInterop"].map(
      (name) => new URL(`../provisioning/${name}.test.ts`, import.meta.url),
    );
    const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
    const rows = new Set([...text.matchAll(/\bit\(\s*["'`]interop row (\d+): /g)].map(([, row]) => Number(row)));
    const all = Array.from({ length: 65 }, (_, index) => index + 1);
    assert.deepEqual(
      all.filter((row) => !rows.has(row)),
      [],
    );
    assert.equal(rows.size, all.length);
  });
});

function rootOf(suite: Suite | undefined): Suite {
  assert.ok(suite);
  return suite.parent ? rootOf(suite.parent) : suite;
}

function casesOf(suite: Suite): { file: string; title: string }[] {
  const own = suite.tests.map(({ file = "", title }: Test) => ({ file: relative(root, file), title }));
  return [...own, ...suite.suites.flatMap(casesOf)];
}
