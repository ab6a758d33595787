/* eslint-disable @typescript-eslint/no-require-imports -- mocha loads a reporter by require */
// Mocha reporter: mocha's own `spec` output, and the counts in the file TESTBRO_TALLY names, so that suites can be added up.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

class Tally extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(process.env.TESTBRO_TALLY, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
}

module.exports = Tally;
