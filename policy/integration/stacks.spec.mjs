// The repository's own production stack under the policies at their strictest. The local one is held to them where it runs (test/swarm).
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { preparePolicyPack } from "../../toolchain/policy-host.mjs";
import { run } from "../../toolchain/process.mjs";
import { ensurePulumi } from "../../toolchain/pulumi/index.mjs";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const STACK = "production";
const PARTS = ["nginx", "backend", "frontend", "postgres", "redis", "prometheus", "exporters"];

/** What each balancer has the stack say besides. */
const BALANCERS = {
  nginx: { parts: [], kubernetes: {} },
  traefik: { parts: ["traefik", "discovery"], kubernetes: { apiServer: { cidrs: ["10.96.0.1/32"] } } },
};

/** A cluster that nobody is: the preview shows policies the inputs without one. */
const KUBECONFIG = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:9" } }],
  users: [{ name: "nobody", user: { token: "none" } }],
  contexts: [{ name: "testbro-production", context: { cluster: "none", user: "nobody" } }],
};

describe("the production stack", function () {
  // A first run builds the CLI and the plugins.
  this.timeout(20 * 60_000);
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "policy-stack-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const [balancer, { parts, kubernetes }] of Object.entries(BALANCERS)) {
    it(`keeps to strict behind ${balancer}; every exemption has a reason`, async () => {
      const tools = await ensurePulumi({ kubernetes: true });
      const pulumi = join(tools.bin, "pulumi");
      const env = {
        ...tools.env,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "only for this test",
        PULUMI_DEBUG_COMMANDS: "true",
        TESTBRO_POLICY_PRESET: "strict",
      };
      copyFileSync(join(CHECKOUT, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
      const init = await run(pulumi, ["--non-interactive", "stack", "init", STACK, "--cwd", folder], { env, timeout: 120_000 });
      assert.equal(init.code, 0, init.stderr);

      const file = join(folder, `Pulumi.${STACK}.yaml`);
      const made = parse(readFileSync(file, "utf8"));
      const { config } = parse(readFileSync(join(CHECKOUT, `Pulumi.${STACK}.yaml`), "utf8"));
      const kubeconfig = join(folder, "kubeconfig");
      writeFileSync(kubeconfig, stringify(KUBECONFIG));
      config["testbro:kubernetes"] = { ...config["testbro:kubernetes"], kubeconfig, ...kubernetes };
      config["testbro:loadBalancer"] = balancer;
      const digest = "0123456789abcdef".repeat(4);
      config["testbro:images"] = Object.fromEntries(
        [...PARTS, ...parts].map((part) => [part, `registry.example/testbro/${part}@sha256:${digest}`]),
      );
      writeFileSync(file, stringify({ ...made, config }));

      const pack = await preparePolicyPack(join(CHECKOUT, "policy", "pack"), tools, { stack: STACK, project: "testbro" });
      const log = join(folder, "events.json");
      const where = ["--stack", STACK, "--cwd", CHECKOUT, "--config-file", file];
      const result = await run(pulumi, ["--non-interactive", "preview", ...where, "--policy-pack", pack, "--event-log", log], {
        env,
        timeout: 600_000,
      });
      assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
      const seen = readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line).policyEvent)
        .filter(Boolean);
      const exempted = seen.filter(({ message }) => /^exempted \(.{8,}\)/s.test(message));
      assert.ok(exempted.length > 0, "the policies did not look at the stack");
      console.log(`    ${seen.length - exempted.length} left to the update, ${exempted.length} exempted with a reason`);
      assert.deepEqual(
        seen.filter((event) => !exempted.includes(event) && !event.message.startsWith("undecidable:")),
        [],
      );
    });
  }
});
