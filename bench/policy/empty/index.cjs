/* eslint-disable @typescript-eslint/no-require-imports -- a pack is loaded by require */
// What any policy pack costs: one without rules.
const { PolicyPack } = require("@pulumi/policy");
new PolicyPack("empty", { policies: [] });
