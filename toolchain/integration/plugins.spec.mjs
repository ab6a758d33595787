// The real thing: a program that uses every plugin, on a real engine in a network namespace of its own.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureEngine, stopEngine } from "../docker/engine.mjs";
import { createNetns, deleteNetns } from "../docker/netns.mjs";
import { ensureSwarm } from "../docker/swarm.mjs";
import { ensureBaseImage } from "../images/base.mjs";
import { preparePolicyPack } from "../policy-host.mjs";
import { run } from "../process.mjs";
import { ensurePulumi } from "../pulumi/index.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const STACK = "check";

describe("the plugins on a real engine", function () {
  // A first run builds the plugins.
  this.timeout(20 * 60_000);
  const netns = `tb-check-${process.pid}`;
  /** @type {string} */
  let folder;
  /** @type {import("../docker/engine.mjs").Engine} */
  let engine;
  /** @type {import("../pulumi/index.mjs").Pulumi} */
  let pulumi;
  /** @type {NodeJS.ProcessEnv} */
  let env;

  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      console.log("    skipped: a network namespace and a private Docker engine need Linux and root");
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "tb-check-"));
    pulumi = await ensurePulumi();
    await createNetns(netns);
    engine = await ensureEngine({ home: join(folder, "engine"), netns });
    assert.deepEqual(await ensureSwarm(engine), { initialised: true });
    env = {
      ...pulumi.env,
      DOCKER_HOST: engine.host,
      PULUMI_BACKEND_URL: `file://${folder}`,
      PULUMI_CONFIG_PASSPHRASE: "only for this check",
    };
    await must("stack", "init", STACK);
    await must("config", "set", "image", await ensureBaseImage(engine));
    await must("config", "set", "greeting", "hello");
  });

  after(async function () {
    if (!folder) return;
    await stopEngine({ home: join(folder, "engine"), purge: true });
    await deleteNetns(netns);
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param {string[]} args */
  const cli = (...args) => {
    const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", STACK];
    const config =
      args[0] === "config" || ["up", "preview", "refresh"].includes(args[0] ?? "") ? ["--config-file", join(folder, "config.yaml")] : [];
    const all = ["--non-interactive", ...args, ...stack, ...config];
    return run(join(pulumi.bin, "pulumi"), all, { cwd: join(here, "program"), env, timeout: 300_000 });
  };
  /** @param {string[]} args */
  const must = async (...args) => {
    const result = await cli(...args);
    assert.equal(result.code, 0, `pulumi ${args.join(" ")}:\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  };
  /** @param {string[]} args */
  const docker = async (...args) => {
    const result = await run(engine.clientBin, ["-H", engine.host, ...args], { timeout: 60_000 });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout.trim();
  };
  const outputs = async () => JSON.parse(await must("stack", "output", "--json", "--show-secrets"));

  it("makes everything, and the service converges with its config and secret", async () => {
    const said = await must("up", "--yes", "--skip-preview");
    assert.doesNotMatch(said, /warning/i, "the plugins are laid out as the CLI wants them");
    const { service, password } = await outputs();
    assert.match(password, /^[a-zA-Z0-9]{24}$/);
    assert.equal(await docker("service", "ls", "--filter", `name=${service}`, "--format", "{{.Replicas}}"), "1/1");
    const container = await docker(
      "ps",
      "--quiet",
      "--filter",
      `label=com.docker.swarm.service.name=${service}`,
      "--filter",
      "health=healthy",
    );
    assert.equal(await docker("exec", container, "cat", "/etc/greeting"), "hello");
    assert.equal((await docker("exec", container, "head", "-n", "1", "/run/secrets/password")).trim(), password);
  });

  it("makes a certificate that its authority's holder trusts", async () => {
    const { ca, certificate } = await outputs();
    const authority = new X509Certificate(ca);
    const leaf = new X509Certificate(certificate);
    assert.ok(authority.ca);
    assert.ok(leaf.checkIssued(authority));
    assert.ok(leaf.verify(authority.publicKey));
    assert.equal(leaf.checkHost("localhost"), "localhost");
    assert.equal(leaf.checkIP("127.0.0.1"), "127.0.0.1");
  });

  it("writes no secret into the state in the clear", async () => {
    const { password } = await outputs();
    const state = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.startsWith(`${STACK}.json`))
      .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8"))
      .join();
    assert.match(state, /random:index\/randomPassword:RandomPassword/);
    assert.ok(!state.includes(password));
    assert.ok(!state.includes(Buffer.from(password).toString("base64").slice(0, 24)), "not in the secret's data either");
    assert.doesNotMatch(state, /PRIVATE KEY/);
  });

  it("sees no change right afterwards, with and without a refresh", async () => {
    await must("preview", "--expect-no-changes");
    await must("preview", "--expect-no-changes", "--refresh");
    await must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("rotates a config: a new one, the service updated, the old one deleted", async () => {
    const before = await docker("config", "ls", "--format", "{{.Name}}");
    await must("config", "set", "greeting", "good day");
    const said = await must("up", "--yes", "--skip-preview");
    assert.match(said, /service updated/);
    const after = await docker("config", "ls", "--format", "{{.Name}}");
    assert.notEqual(after, before);
    assert.equal(after.split("\n").length, 1);
  });

  it("starts a policy pack, whose mandatory rule stops the preview", async () => {
    const pack = await preparePolicyPack(join(here, "policy"), pulumi, { stack: STACK });
    const result = await cli("preview", "--policy-pack", pack);
    assert.notEqual(result.code, 0);
    assert.match(result.stdout + result.stderr, /long-passwords[^]*password has 24 characters/);
  });

  it("removes everything", async () => {
    await must("destroy", "--yes", "--skip-preview");
    assert.equal(await docker("service", "ls", "--quiet"), "");
    assert.equal(await docker("config", "ls", "--quiet"), "");
    assert.equal(await docker("secret", "ls", "--quiet"), "");
    assert.equal(await docker("volume", "ls", "--quiet"), "");
  });
});
