/** `node scripts/conformance.mjs`: runs the cases that show what the standards ask, and writes docs/conformance.md by it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureInstalled } from "./install.mjs";
import { requireNode, root, run } from "./run.mjs";

requireNode();
await ensureInstalled({ dev: true });
const { tsImport } = await import("tsx/esm/api");
const { conformancePage, namedCases } = await tsImport("../test/support/conformance/page.ts", import.meta.url);
const { fileOf } = await tsImport("../test/support/conformance/requirement.ts", import.meta.url);

const files = [...new Set(namedCases().map(fileOf))];
const folder = mkdtempSync(join(tmpdir(), "usher-conformance-"));
const result = join(folder, "result.json");
const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
const reporter = ["--reporter", "json", "--reporter-option", `output=${result}`];
try {
  await run(process.execPath, [mocha, ...reporter, ...files]);
  const { tests } = JSON.parse(readFileSync(result, "utf8"));
  const outcomes = tests.map(({ file, title, err }) => ({
    file: relative(root, file),
    title,
    passed: Object.keys(err).length === 0,
  }));
  writeFileSync(join(root, "docs", "conformance.md"), conformancePage(outcomes));
  process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
