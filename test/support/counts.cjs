/**
 * A mocha reporter for CI: dots, the failures in full, what had to be tried twice, and the counts as JSON in the file that
 * `--reporter-option counts=FILE` names, so that several runs can be summed.
 */
const { writeFileSync } = require("node:fs");
const { relative } = require("node:path");
const { reporters } = require("mocha");

/** Files that are named with the time they took. */
const SLOWEST = 25;

module.exports = class Counts extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const { counts } = options.reporterOption;
    // A case that passes only at its second try is mended next; CI says which, and why it failed.
    runner.on("retry", (test, error) => {
      process.stdout.write(`\n!!! FAILED ONCE, TRIED AGAIN: ${test.fullTitle()}: ${error?.stack ?? error}\n`);
    });
    const started = new Map();
    const took = new Map();
    // By the clock, so that what a file sets up counts for it.
    runner.on("suite", ({ file }) => file && !started.has(file) && started.set(file, Date.now()));
    runner.on("suite end", ({ file }) => file && took.set(file, Date.now() - started.get(file)));
    runner.once("end", () => {
      const slowest = [...took].toSorted(([, a], [, b]) => b - a).slice(0, SLOWEST);
      const lines = slowest.map(([file, ms]) => `${Math.round(ms / 1000)} s ${relative(process.cwd(), file)}`);
      process.stdout.write(`\nThe slowest files: ${lines.join(", ")}\n`);
      const { passes, failures, pending } = runner.stats;
      writeFileSync(counts, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
