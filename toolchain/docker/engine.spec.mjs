import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paths } from "../paths.mjs";
import { startOf } from "../process.mjs";
import { ensureBaseImage } from "../images/base.mjs";
import { isOurs, layout, LONGEST_SOCKET, readRecord } from "./daemon.mjs";
import { ensureEngine, stopEngine } from "./engine.mjs";
import { splitRule } from "./leftovers.mjs";
import { createNetns, linkNames } from "./netns.mjs";
import { ensureSwarm } from "./swarm.mjs";

/** @type {string} */
let folder;
/** @type {string[]} */
let said;
const log = (/** @type {string} */ line) => void said.push(line);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tb-engine-"));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A `docker` that runs a script. @param {string} script */
function fakeDocker(script) {
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "bin/docker"), `#!/bin/sh\necho "$*" >> ${folder}/calls\n${script}\n`);
  chmodSync(join(folder, "bin/docker"), 0o755);
  return { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, HOME: folder };
}
const calls = () => readFileSync(join(folder, "calls"), "utf8").trimEnd().split("\n");

/** Something that answers a ping as an engine does. @param {string} socket @param {number} [status] */
async function fakeEngine(socket, status = 200) {
  const server = createServer((request, response) => response.writeHead(request.url === "/_ping" ? status : 404).end("OK"));
  server.listen(socket);
  await once(server, "listening");
  return server;
}

describe("ensureEngine", () => {
  it("takes the engine that DOCKER_HOST names", async () => {
    const socket = join(folder, "d.sock");
    const server = await fakeEngine(socket);
    const env = { ...fakeDocker(""), DOCKER_HOST: `unix://${socket}` };
    const engine = await ensureEngine({ home: join(folder, "home"), env, log });
    assert.deepEqual(engine, { host: `unix://${socket}`, startedByUs: false, clientBin: join(folder, "bin/docker") });
    assert.deepEqual(said, []);
    server.close();
  });

  for (const [what, prepare, reason] of /** @type {const} */ ([
    ["there is no socket", async () => undefined, /there is no .*d\.sock/],
    ["nothing listens", async () => writeFileSync(join(folder, "d.sock"), ""), /nothing listens on .*d\.sock/],
    ["it is broken", () => fakeEngine(join(folder, "d.sock"), 503), /HTTP status 503/],
  ])) {
    it(`starts no other engine when DOCKER_HOST is set and ${what}`, async () => {
      const server = await prepare();
      const env = { ...fakeDocker(""), DOCKER_HOST: `unix://${join(folder, "d.sock")}` };
      await assert.rejects(ensureEngine({ home: join(folder, "home"), env, log }), (/** @type {Error} */ error) => {
        assert.match(error.message, /^DOCKER_HOST is unix:.*no Docker engine answers there: .*Start it, or unset DOCKER_HOST\.$/);
        assert.match(error.message, reason);
        return true;
      });
      assert.ok(!existsSync(join(folder, "home")));
      server?.close();
    });
  }

  it("takes the engine of the current docker context", async () => {
    const socket = join(folder, "context.sock");
    const server = await fakeEngine(socket);
    const env = fakeDocker(`[ "$1" = context ] && echo unix://${socket}`);
    assert.equal((await ensureEngine({ home: join(folder, "home"), env, log })).host, `unix://${socket}`);
    server.close();
  });

  it("says what to do where no private engine can be started", async () => {
    const getuid = process.getuid;
    // Only root may start an engine; everybody else gets to know what to do.
    process.getuid = () => 1000;
    try {
      const env = fakeDocker(`[ "$1" = context ] && echo unix://${folder}/none.sock`);
      await assert.rejects(
        ensureEngine({ home: join(folder, "home"), env: { ...env, XDG_RUNTIME_DIR: folder }, log }),
        (/** @type {Error} */ error) => {
          assert.equal(error.name, "ToolchainError");
          assert.match(error.message, /^No Docker engine answers, and a private one cannot be started: this is not root\.|not Linux/);
          assert.match(error.message, /none\.sock: there is no .*none\.sock/);
          assert.match(error.message, /Do one of these:[^]*start Docker[^]*DOCKER_HOST[^]*as root/);
          return true;
        },
      );
    } finally {
      process.getuid = getuid;
    }
  });
});

describe("the layout of a private engine", () => {
  it("keeps everything in its folder", () => {
    const files = layout("/var/lib/tb/engine");
    for (const file of [files.socket, files.data, files.exec, files.pidFile, files.log, files.record])
      assert.ok(file.startsWith("/var/lib/tb/engine/"));
    assert.equal(files.runtime, undefined);
  });

  it("moves the sockets to a short folder when the path is too long for a Unix socket", () => {
    const home = `/${"x".repeat(LONGEST_SOCKET)}/engine`;
    const files = layout(home);
    assert.ok(files.socket.length <= LONGEST_SOCKET);
    assert.ok(files.data.startsWith(home) && files.record.startsWith(home), "what must survive stays");
    assert.equal(layout(home).socket, files.socket);
    assert.notEqual(layout(`${home}2`).socket, files.socket);
  });
});

describe("stopEngine", () => {
  it("does nothing where there is no engine", async () => {
    assert.deepEqual(await stopEngine({ home: join(folder, "none"), log }), { stopped: false });
    assert.ok(!existsSync(join(folder, "none")));
  });

  it("does not touch a process that merely has the recorded number", async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      console.log("      skipped: private engines exist on Linux as root only");
      return this.skip();
    }
    const stranger = spawn("sleep", ["30"]);
    await once(stranger, "spawn");
    const pid = stranger.pid ?? 0;
    const files = layout(join(folder, "engine"));
    mkdirSync(files.home);
    const recorded = { pid, start: startOf(pid), socket: files.socket, data: files.data, exec: files.exec, netns: "gone", network: {} };
    writeFileSync(files.record, JSON.stringify(recorded));
    assert.equal(readRecord(files)?.running, false, "its arguments are not those of a dockerd of ours");
    assert.deepEqual(await stopEngine({ home: files.home, log }), { stopped: false });
    assert.ok(startOf(pid), "it lives");
    assert.ok(!existsSync(files.record), "the stale record is gone");
    stranger.kill();
  });

  it("knows a process by start time and arguments together", () => {
    assert.equal(
      isOurs({
        pid: process.pid,
        start: startOf(process.pid) ?? "",
        data: "/data",
        socket: "",
        exec: "",
        network: /** @type {any} */ ({}),
      }),
      false,
    );
  });
});

describe("ensureSwarm", () => {
  const host = "unix:///x.sock";

  it("initialises an inactive engine on loopback, aloud", async () => {
    const env = fakeDocker('case "$*" in *info*) echo "inactive false ";; esac');
    assert.deepEqual(await ensureSwarm({ host, env, log }), { initialised: true });
    assert.equal(calls().at(-1), `-H ${host} swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:2377`);
    assert.match(said.join(), /Swarm mode is off; making it a one-node swarm/);
  });

  it("leaves an existing swarm as it is", async () => {
    const env = fakeDocker('echo "active true "');
    assert.deepEqual(await ensureSwarm({ host, env, log }), { initialised: false });
    assert.equal(calls().length, 1);
    assert.deepEqual(said, []);
  });

  for (const [state, message] of /** @type {const} */ ([
    ["active false ", /is a worker of a swarm; .*Set DOCKER_HOST to a manager/],
    ["locked false ", /is locked; run `docker swarm unlock`/],
    ["error false certificate has expired", /is "error" \(certificate has expired\)/],
    ["pending false ", /is "pending"; look at `docker info`/],
  ])) {
    it(`refuses an engine whose swarm state is "${state.trim()}"`, async () => {
      await assert.rejects(ensureSwarm({ host, env: fakeDocker(`echo "${state}"`), log }), message);
      assert.equal(calls().length, 1, "it only looked");
    });
  }
});

describe("ensureBaseImage", () => {
  /** @param {string} script */
  const ensure = (script) => {
    const env = { ...fakeDocker(script), TESTBRO_CACHE: join(folder, "cache") };
    return ensureBaseImage({ host: "unix:///x.sock", env, log });
  };

  it("takes the registry's image when the engine has it, asking nobody", async () => {
    assert.equal(await ensure("exit 0"), "debian:trixie-slim");
    assert.equal(calls().length, 1);
  });

  it("pulls it where the registry answers", async () => {
    assert.equal(
      await ensure('case "$*" in *inspect*) exit 1;; *pull*) echo "trixie-slim: Pulling from library/debian";; esac'),
      "debian:trixie-slim",
    );
  });

  it("imports the archive made before where the registry does not answer, and remembers that it does not", async () => {
    const { baseImages } = paths({ TESTBRO_CACHE: join(folder, "cache") });
    mkdirSync(baseImages, { recursive: true });
    writeFileSync(join(baseImages, "trixie.tar"), "");
    writeFileSync(join(baseImages, "trixie.tar.sha256"), "0123456789abcdef");
    const script = 'case "$*" in *inspect*) exit 1;; *pull*) echo "no such host" >&2; exit 1;; esac';
    assert.equal(await ensure(script), "testbro/base:trixie-0123456789ab");
    assert.match(said.join(), /cannot be pulled \(no such host\)/);
    await ensure(script);
    assert.equal(calls().filter((call) => call.includes("pull")).length, 1);
    assert.equal(calls().filter((call) => call.includes("import")).length, 2);
  });
});

describe("network namespaces", () => {
  it("get link names that the kernel takes, different for different names", () => {
    const { outer, inner } = linkNames("a-rather-long-name-of-a-namespace");
    assert.ok(outer.length <= 15 && inner.length <= 15 && outer !== inner);
    assert.notEqual(linkNames("one").outer, linkNames("two").outer);
  });

  it("refuse names that a shell or a path would misread", async () => {
    for (const name of ["", "../x", "a b", "$x"]) await assert.rejects(createNetns(name), /cannot name a network namespace/);
  });

  it("read back rules with quoted comments", () => {
    assert.deepEqual(splitRule('-A FORWARD -i tb0 -m comment --comment "testbro-netns x forwarding=0" -j ACCEPT'), [
      "-A",
      "FORWARD",
      "-i",
      "tb0",
      "-m",
      "comment",
      "--comment",
      "testbro-netns x forwarding=0",
      "-j",
      "ACCEPT",
    ]);
  });
});
