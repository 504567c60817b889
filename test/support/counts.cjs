/**
 * A mocha reporter for CI: dots, the failures in full, what had to be tried twice, and the counts as JSON in the file that
 * `--reporter-option counts=FILE` names, so that several runs can be summed.
 */
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class Counts extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const { counts } = options.reporterOption;
    // A case that passes only at its second try is mended next; CI says which, and why it failed.
    runner.on("retry", (test, error) => {
      process.stdout.write(`\n!!! FAILED ONCE, TRIED AGAIN: ${test.fullTitle()}: ${error?.stack ?? error}\n`);
    });
    runner.once("end", () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(counts, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
