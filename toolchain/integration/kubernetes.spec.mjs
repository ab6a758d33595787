// The real thing: three nodes in three zones, and a program on them by the Kubernetes plugin.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { processes } from "../docker/leftovers.mjs";
import { hierarchies } from "../kubernetes/cgroups.mjs";
import { programImage } from "../kubernetes/images.mjs";
import { ensureCluster } from "../kubernetes/index.mjs";
import { argumentsOf, find, run, sleep } from "../process.mjs";
import { ensurePulumi } from "../pulumi/index.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const GOOD = "docker.io/testbro/answer:1";

describe("a cluster from source", function () {
  // A first run builds Kubernetes.
  this.timeout(60 * 60_000);
  /** @type {string} */
  let folder;
  /** @type {import("../kubernetes/index.mjs").Cluster} */
  let cluster;
  /** @type {import("../pulumi/index.mjs").Pulumi} */
  let pulumi;
  /** @type {NodeJS.ProcessEnv} */
  let env;

  before(async function () {
    const lacking = process.platform !== "linux" || process.getuid?.() !== 0 ? "Linux and root" : find("go") ? "" : "Go";
    if (lacking) {
      console.log(`    skipped: a cluster from source needs ${lacking}`);
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "tb-kube-"));
    pulumi = await ensurePulumi({ kubernetes: true });
    cluster = await ensureCluster({ home: join(folder, "k"), nodes: 3, mode: "source" });
    const program = join(folder, "answer");
    const built = await run("go", ["build", "-trimpath", "-o", program, join(here, "cluster/answer.go")], {
      env: { ...process.env, CGO_ENABLED: "0" },
    });
    assert.equal(built.code, 0, built.stderr);
    writeFileSync(join(folder, "answer.tar"), programImage(GOOD, program));
    await cluster.loadImages([join(folder, "answer.tar")]);
    env = { ...pulumi.env, PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "only for this check" };
    await must("stack", "init", "check");
    for (const [key, value] of Object.entries({ kubeconfig: cluster.kubeconfig, image: GOOD, goodImage: GOOD, greeting: "hello" }))
      await must("config", "set", key, value);
  });

  after(async function () {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** @param {string[]} args */
  const cli = (...args) => {
    const config = args[0] === "stack" ? [] : ["--config-file", join(folder, "config.yaml"), "--stack", "check"];
    return run(join(pulumi.bin, "pulumi"), ["--non-interactive", ...args, ...config], {
      cwd: join(here, "cluster"),
      env,
      timeout: 600_000,
    });
  };
  /** @param {string[]} args */
  const must = async (...args) => {
    const result = await cli(...args);
    assert.equal(result.code, 0, `pulumi ${args.join(" ")}:\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  };
  /** @param {string[]} args */
  const kubectl = async (...args) => {
    const result = await run(cluster.kubectl, ["--kubeconfig", cluster.kubeconfig, ...args], { timeout: 120_000 });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  };
  /** @param {string} path */
  const get = async (path) => {
    const response = await fetch(`http://${cluster.address}:30080${path}`, { signal: AbortSignal.timeout(15_000) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return text;
  };
  /** @param {() => Promise<boolean>} condition @param {number} seconds */
  const until = async (condition, seconds) => {
    const deadline = Date.now() + seconds * 1000;
    while (!(await condition())) {
      assert.ok(Date.now() < deadline, `not within ${seconds} s`);
      await sleep(500);
    }
  };

  it("brings a program up: rollouts, volumes and endpoints are waited for under Pod Security restricted", async () => {
    await must("up", "--yes", "--skip-preview");
    // kube-proxy follows the endpoints with a delay of a second or so.
    await until(async () => (await get("/").catch(() => "")).startsWith("front-"), 30);
    await until(async () => (await get(`/get?url=${encodeURIComponent("http://kept/")}`).catch(() => "")).startsWith("kept-"), 30);
    assert.match(await get("/resolve?name=kept.check.svc.cluster.local"), /^10\.96\./);
  });

  it("spreads replicas over the zones, each with a volume of its own", async () => {
    const pods = JSON.parse(await kubectl("get", "pods", "-n", "check", "-l", "app=kept", "-o", "json")).items;
    assert.equal(new Set(pods.map((/** @type {any} */ pod) => pod.spec.nodeName)).size, 3);
    for (const pod of pods) {
      const url = `http://${pod.status.podIP}:8080/keep?text=${pod.metadata.name}`;
      assert.equal(await get(`/get?url=${encodeURIComponent(url)}`), pod.metadata.name, "written by a pod that is not root, across nodes");
    }
  });

  it("sees no change right afterwards, with and without a refresh", async () => {
    await must("preview", "--expect-no-changes");
    await must("preview", "--expect-no-changes", "--refresh");
  });

  it("writes no secret into the state in the clear", () => {
    const state = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.startsWith("check.json"))
      .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8"))
      .join();
    assert.match(state, /kubernetes:core\/v1:Secret/);
    assert.ok(!state.includes("only for this check"));
    assert.ok(!state.includes(Buffer.from("only for this check").toString("base64")));
  });

  it("replaces a changed config map and rolls the pods", async () => {
    const before = await must("stack", "output", "settings", "--stack", "check");
    await must("config", "set", "greeting", "good day");
    await must("up", "--yes", "--skip-preview");
    const maps = await kubectl("get", "configmaps", "-n", "check", "-o", "name");
    assert.ok(!maps.includes(before.trim()), "the old one is gone");
  });

  for (const [what, setting, value, reason] of [
    ["an image that is not there", "image", "docker.io/testbro/nothing:1", /ErrImageNeverPull/],
    ["a program that crashes", "args", "crash", /CrashLoopBackOff[^]*its last lines:[^]*the configuration is missing/],
  ]) {
    it(`fails for ${what} with the pod's reason, while the old pods serve`, async () => {
      const { code, stdout, stderr } = await cli("up", "--yes", "--skip-preview", "--config", `${setting}=${value}`);
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /** @type {RegExp} */ (reason));
      assert.match(await get("/"), /^front-/);
      await must("config", setting === "args" ? "rm" : "set", String(setting), ...(setting === "args" ? [] : [GOOD]));
      await must("up", "--yes", "--skip-preview");
    });
  }

  it("serves metrics of every node", async () => {
    assert.equal((await kubectl("top", "nodes", "--no-headers")).trim().split("\n").length, 3);
  });

  it("loses a node, goes on, and takes it back", async () => {
    const ready = async () => await kubectl("get", "node", "node-2", "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}');
    await cluster.stopNode("node-2");
    await until(async () => (await ready()) !== "True", 90);
    // Where all its pods were on that node, they are made anew elsewhere after half a minute.
    await until(async () => (await get("/").catch(() => "")) !== "", 180);
    await cluster.startNode("node-2");
    await until(async () => (await ready()) === "True", 120);
    // The lost pod may be deleted and made anew meanwhile, so it is not waited for by name.
    const states = ["-o", 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'];
    await until(async () => (await kubectl("get", "pods", "-n", "check", "-l", "app=kept", ...states)) === "True True True", 180);
  });

  it("removes the program, and then itself with all that it started", async () => {
    await must("destroy", "--yes", "--skip-preview");
    assert.doesNotMatch(await kubectl("get", "namespaces", "-o", "name"), /check/);
    const home = join(folder, "k");
    const { netns } = cluster;
    await cluster.stop();
    assert.ok(!existsSync(home));
    assert.ok(!existsSync(`/run/netns/${netns}`));
    assert.deepEqual(
      processes().filter((pid) => argumentsOf(pid).some((arg) => arg.includes(`${home}/`))),
      [],
    );
    for (const hierarchy of hierarchies()) assert.ok(!existsSync(join(hierarchy, String(netns))), "a control group is left");
  });
});
