import assert from "node:assert/strict";
import { join } from "node:path";
import { ESLint, Linter } from "eslint";
import { CHECKOUT } from "../local/checkout.mjs";

/** Tiers, and what all platforms share: none of them may know a provider. */
const NEUTRAL = [
  "components/app/tier.ts",
  "components/data/tier.ts",
  "components/observability/tier.ts",
  "components/load-balancer/nginx/balancer.ts",
  "components/certificates/authority.ts",
  "components/workload/types.ts",
  "components/platform/platform.ts",
];

const FORBIDDEN = [
  "@pulumi/docker",
  "@pulumi/kubernetes",
  "@pulumi/kubernetes/core/v1",
  "@testbro/components/platform/kubernetes",
  "../platform/swarm",
  "../../platform/kubernetes",
];

describe("lint keeps providers out of the tiers", function () {
  this.timeout(120_000);
  const eslint = new ESLint({ cwd: CHECKOUT });

  /** Messages of the rule, as it is set for a file, for an import there. The rule needs no types, so neither does this. */
  async function complaints(file, imported) {
    const { rules } = await eslint.calculateConfigForFile(join(CHECKOUT, file));
    const rule = { "no-restricted-imports": rules["no-restricted-imports"] ?? "off" };
    return new Linter()
      .verify(`import * as it from "${imported}";\nexport const used = it;\n`, [{ rules: rule }])
      .map(({ message }) => message);
  }

  for (const file of NEUTRAL) {
    it(`refuses every one of them in ${file}`, async () => {
      for (const imported of FORBIDDEN) assert.equal((await complaints(file, imported)).length, 1, imported);
    });
  }

  it("allows what a tier needs, and a platform its own provider", async () => {
    assert.deepEqual(await complaints("components/app/tier.ts", "@pulumi/pulumi"), []);
    assert.deepEqual(await complaints("components/app/tier.ts", "../platform"), []);
    assert.deepEqual(await complaints("components/platform/kubernetes/platform.ts", "@pulumi/kubernetes"), []);
    assert.deepEqual(await complaints("components/platform/swarm/platform.ts", "@pulumi/docker"), []);
  });
});
