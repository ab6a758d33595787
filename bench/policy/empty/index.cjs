// What any policy pack costs: one without rules.
const { PolicyPack } = require("@pulumi/policy");
new PolicyPack("empty", { policies: [] });
