/** `docs/security.md` against the cases that it names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { casesIn, namedCases, securityPage } from "./support/securityPage.ts";
import { rows } from "./support/securityRows.ts";

describe("the matrix of attacks", () => {
  it("is what docs/security.md says", () => {
    const page = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");
    // The formatter lines tables up.
    const plain = (text: string): string[] => text.split("\n").map((line) => line.replaceAll(/ {2,}|-{3,}/g, " "));
    const squeezed = (text: string): string[] => plain(text).map((line) => line.replaceAll(/\s+/g, " ").trim());
    assert.deepEqual(squeezed(page), squeezed(securityPage()), "run node scripts/pages.mjs");
  });

  it("knows every row that a case is named for", () => {
    const wrapped = Array.from({ length: 10 }, (_, i) => `S${String(i + 1).padStart(2, "0")}`);
    const known = new Set([...Object.keys(rows), ...wrapped]);
    const unknown = namedCases().filter((each) => each.rows.some((row) => !known.has(row)));
    assert.deepEqual(unknown, [], "describe the row in test/support/securityRows.ts");
  });

  it("says so where a row has no case", () => {
    const page = securityPage([]);
    for (const row of Object.keys(rows))
      assert.match(page, new RegExp(`\\| ${row} \\|.*(no case of its own|there is no .*) yet \\|`));
  });

  it("finds rows at the beginning of a title and in its brackets, and nowhere else", () => {
    const text = `
      it("S23: names another Destination", () => {});
      it(\`O16: is refused where it \${what}\`, () => {});
      it("comes to another browser (rule 29, T18)", () => {});
      const at = "2026-01-01T12:00:00Z";
      const id = "S23";
      it("speaks of S23 only by the way", () => {});`;
    assert.deepEqual(casesIn("x", text), [
      { file: "x", title: "names another Destination", rows: ["S23"] },
      { file: "x", title: "is refused where it …", rows: ["O16"] },
      { file: "x", title: "comes to another browser (rule 29, T18)", rows: ["T18"] },
    ]);
  });
});
