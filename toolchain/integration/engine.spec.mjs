// The private engine for real: started, found again, killed, recovered, stopped, and nothing left.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { layout } from "../docker/daemon.mjs";
import { ensureEngine, stopEngine } from "../docker/engine.mjs";
import { mountsBelow, processes } from "../docker/leftovers.mjs";
import { createNetns, deleteNetns, linkNames } from "../docker/netns.mjs";
import { ensureSwarm } from "../docker/swarm.mjs";
import { ensureBaseImage } from "../images/base.mjs";
import { argumentsOf, run, sleep, startOf } from "../process.mjs";

const toolchain = dirname(dirname(fileURLToPath(import.meta.url)));

describe("the private engine", function () {
  this.timeout(10 * 60_000);
  const netns = `tb-engine-${process.pid}`;
  /** @type {string} */
  let home;
  /** @type {string} */
  let folder;

  before(function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      console.log("    skipped: a private Docker engine needs Linux and root");
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "tb-real-"));
    home = join(folder, "engine");
  });

  after(async function () {
    if (!folder) return;
    await stopEngine({ home, purge: true });
    await deleteNetns(netns);
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param {string[]} args */
  const inside = (...args) => run("nsenter", [`--net=/run/netns/${netns}`, ...args], { timeout: 60_000 });
  /** Rules and links as seen in the namespace, without Docker's counters. */
  const network = async () => ({
    links: (await inside("ip", "-o", "link")).stdout.split("\n").map((line) => line.split(": ")[1]),
    filter: (await inside("iptables", "-S")).stdout,
    nat: (await inside("iptables", "-t", "nat", "-S")).stdout,
  });
  /** Processes that name the engine's folder in their arguments. */
  const remaining = () => processes().filter((pid) => argumentsOf(pid).some((arg) => arg.includes(`${folder}/`)));
  const recordedPid = () => JSON.parse(readFileSync(layout(home).record, "utf8")).pid;

  it("gets a namespace that reaches the outside through the host, refused a second time under the same name", async () => {
    const made = await createNetns(netns);
    await assert.rejects(createNetns(netns), /exists already/);
    assert.match((await inside("ip", "route")).stdout, new RegExp(`default via ${made.gateway.replaceAll(".", "\\.")}`));
  });

  it("starts, becomes a swarm once, and is found again", async () => {
    const engine = await ensureEngine({ home, netns });
    assert.equal(engine.startedByUs, true);
    assert.deepEqual(await ensureSwarm(engine), { initialised: true });
    const pid = recordedPid();
    assert.deepEqual(await ensureEngine({ home, netns }), engine);
    assert.deepEqual(await ensureSwarm(engine), { initialised: false });
    assert.equal(recordedPid(), pid);
  });

  it("survives the command that started it: it is no child of a shell that could take it down", () => {
    const session = readFileSync(`/proc/${recordedPid()}/stat`, "utf8").split(") ")[1]?.split(" ")[3];
    assert.equal(session, String(recordedPid()), "the leader of its own session");
  });

  it("builds images that reach the package mirrors, and runs containers with limits", async () => {
    const engine = await ensureEngine({ home, netns });
    const image = await ensureBaseImage(engine);
    const docker = (/** @type {string[]} */ ...args) => run(engine.clientBin, ["-H", engine.host, ...args], { timeout: 300_000 });
    mkdirSync(join(folder, "build"));
    writeFileSync(join(folder, "build/Dockerfile"), `FROM ${image}\nRUN apt-get update\n`);
    const built = await docker("build", "--network", "host", "-t", "check", join(folder, "build"));
    assert.equal(built.code, 0, built.stderr);
    const limited = await docker(
      "run",
      "--rm",
      "--memory",
      "64m",
      image,
      "sh",
      "-c",
      "cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max",
    );
    assert.match(limited.stdout, /67108864/, "the control groups are visible to the daemon");
  });

  it("comes back after it was killed, with its swarm and images", async () => {
    const before = recordedPid();
    process.kill(before, "SIGKILL");
    while (startOf(before) !== undefined) await sleep(20);
    const engine = await ensureEngine({ home, netns });
    assert.notEqual(recordedPid(), before);
    assert.deepEqual(await ensureSwarm(engine), { initialised: false });
    assert.equal((await run(engine.clientBin, ["-H", engine.host, "image", "inspect", "check"])).code, 0);
    assert.equal(
      processes().filter(
        (pid) => /containerd$/.test(argumentsOf(pid)[0] ?? "") && argumentsOf(pid).some((arg) => arg.includes(`${folder}/`)),
      ).length,
      1,
    );
  });

  it("takes over from a daemon that nobody recorded", async () => {
    const before = recordedPid();
    rmSync(layout(home).record);
    await ensureEngine({ home, netns });
    assert.notEqual(recordedPid(), before);
    assert.equal(startOf(before), undefined);
  });

  it("starts once when two commands ask at the same time", async () => {
    await stopEngine({ home });
    const engines = await Promise.all([ensureEngine({ home, netns }), ensureEngine({ home, netns })]);
    assert.deepEqual(engines[0], engines[1]);
    assert.equal(
      processes().filter((pid) => /dockerd$/.test(argumentsOf(pid)[0] ?? "") && argumentsOf(pid).includes(layout(home).data)).length,
      1,
    );
  });

  it("leaves no process, no mount and no file when stopped for good", async () => {
    assert.deepEqual(await stopEngine({ home, purge: true }), { stopped: true });
    assert.deepEqual(remaining(), []);
    assert.deepEqual(mountsBelow([folder]), []);
    assert.deepEqual(await stopEngine({ home, purge: true }), { stopped: false });
  });

  it("on the machine's own network, takes down the bridges and rules that it brought, and only those", async () => {
    // The namespace plays the machine here: the command runs inside it and knows of no namespace.
    await deleteNetns(netns);
    await createNetns(netns);
    for (const rule of [
      ["-A", "INPUT", "-p", "tcp", "--dport", "9", "-j", "DROP"],
      ["-t", "nat", "-A", "POSTROUTING", "-s", "192.0.2.0/24", "-j", "MASQUERADE"],
    ]) {
      assert.equal((await inside("iptables", ...rule)).code, 0);
    }
    const before = await network();
    const script = join(folder, "script.mjs");
    writeFileSync(
      script,
      `import { ensureEngine, stopEngine } from "${toolchain}/docker/engine.mjs";
       import { startDaemon, layout } from "${toolchain}/docker/daemon.mjs";
       import { ensureSwarm } from "${toolchain}/docker/swarm.mjs";
       const home = ${JSON.stringify(home)};
       if (process.argv[2] === "start") {
         await startDaemon(layout(home), { env: process.env, detail: () => {} });
         await ensureSwarm({ host: "unix://" + layout(home).socket });
       } else await stopEngine({ home, purge: true });`,
    );
    const started = await inside(process.execPath, script, "start");
    assert.equal(started.code, 0, started.stderr);
    let during = await network();
    // Swarm makes its bridge a moment after it has answered.
    for (let i = 0; i < 50 && !during.links.includes("docker_gwbridge"); i++) {
      await sleep(200);
      during = await network();
    }
    assert.match(during.filter, /-N DOCKER/);
    assert.ok(during.links.includes("docker0") && during.links.includes("docker_gwbridge"));
    const stopped = await inside(process.execPath, script, "stop");
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.deepEqual(await network(), before);
    assert.deepEqual(remaining(), []);
  });

  it("deletes the namespace with its link and rules", async () => {
    await deleteNetns(netns);
    assert.doesNotMatch((await run("ip", ["netns", "list"])).stdout, new RegExp(netns));
    assert.doesNotMatch((await run("ip", ["-o", "link"])).stdout, new RegExp(linkNames(netns).outer));
    for (const table of ["nat", "filter"])
      assert.doesNotMatch((await run("iptables", ["-t", table, "-S"])).stdout, new RegExp(`${netns} `));
    await deleteNetns(netns);
  });
});
