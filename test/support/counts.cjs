/**
 * A mocha reporter for CI: dots, the failures in full, and the counts as JSON in the file that
 * `--reporter-option counts=FILE` names, so that several runs can be summed.
 */
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class Counts extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const { counts } = options.reporterOption;
    runner.once("end", () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(counts, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
