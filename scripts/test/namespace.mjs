import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createNetns, deleteNetns } from "../../toolchain/docker/netns.mjs";
import { withLock } from "../../toolchain/lock.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { must } from "../../toolchain/process.mjs";
import { progress } from "../../toolchain/progress.mjs";
import { CHECKOUT } from "../local/checkout.mjs";

/**
 * How a suite's commands are run so that they touch nothing of the user's.
 * @typedef {object} Wrapped
 * @property {(command: string[]) => string[]} wrap the command that runs another one inside
 * @property {NodeJS.ProcessEnv} env
 */

/** Why there can be no namespace here; undefined when there can. */
function whyNot() {
  if (process.platform !== "linux") return `network namespaces are Linux's, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "a network namespace needs root";
  return undefined;
}

/** The file with the name servers when it lies below /run, which the namespace hides. A stub on the host's loopback is of no use inside. */
function hiddenNameServers() {
  if (!existsSync("/etc/resolv.conf")) return undefined;
  const file = realpathSync("/etc/resolv.conf");
  if (!file.startsWith("/run/")) return undefined;
  const real = "/run/systemd/resolve/resolv.conf";
  return { file, content: readFileSync(existsSync(real) ? real : file, "utf8") };
}

/**
 * Runs a suite in a network namespace with an engine, ports and state of its own. The engine's images stay for the next run, its
 * processes do not. Where there can be no namespace, the suite works on the reachable engine, with state of its own.
 * @template T
 * @param {(wrapped: Wrapped) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inNamespace(work) {
  const home = join(paths().cache, "test-stack");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = { ...process.env, TESTBRO_HOME: home };
  const reason = whyNot();
  if (reason !== undefined) {
    console.log(`No network namespace of its own: ${reason}. Using the Docker engine that is reachable, and its ports.`);
    return work({ wrap: (command) => command, env });
  }
  delete env.DOCKER_HOST;
  delete env.DOCKER_CONTEXT;
  const name = `testbro-test-${createHash("sha256").update(home).digest("hex").slice(0, 8)}`;
  const wrap = (/** @type {string[]} */ command) => enter(name, home, command);
  return withLock(
    join(home, "suite.lock"),
    async () => {
      // Left by a run that was killed.
      await deleteNetns(name);
      await createNetns(name);
      try {
        await stopEngine(wrap, env);
        return await work({ wrap, env });
      } finally {
        await stopEngine(wrap, env);
        await deleteNetns(name);
      }
    },
    { onWait: (pid) => progress.line(`Process ${pid} runs this suite; waiting for it.`) },
  );
}

/** The command that runs another one inside: the namespace's network, and a /run of its own, where engines keep their sockets. */
function enter(name, home, command) {
  const servers = hiddenNameServers();
  const copy = join(home, "resolv.conf");
  if (servers) writeFileSync(copy, servers.content);
  const restore = servers ? ` && mkdir -p '${dirname(servers.file)}' && cp '${copy}' '${servers.file}'` : "";
  const inside = `mount -t tmpfs tmpfs /run && mkdir -p /run/lock${restore} && exec "$@"`;
  return ["nsenter", `--net=/run/netns/${name}`, "unshare", "-m", "sh", "-c", inside, "sh", ...command];
}

/** Stops the suite's engine from inside: only there is the network that the engine takes down its own. */
async function stopEngine(wrap, env) {
  const module = (/** @type {string} */ path) => JSON.stringify(pathToFileURL(join(CHECKOUT, path)).href);
  const program = [
    `import { stopEngine } from ${module("toolchain/docker/engine.mjs")};`,
    `import { paths } from ${module("toolchain/paths.mjs")};`,
    "await stopEngine({ home: paths().engine });",
  ].join("\n");
  const [command, ...args] = wrap([process.execPath, "--input-type=module", "--eval", program]);
  await must(command, args, { env, what: "stopping the suite's Docker engine" });
}
