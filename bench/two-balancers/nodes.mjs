// Two Docker engines in network namespaces of their own, which form one Swarm, and a third namespace between them for the clients.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine, stopEngine } from "../../toolchain/docker/engine.mjs";
import { must, run } from "../../toolchain/process.mjs";

/** Where the clients are, with the bridge that joins everybody. */
export const CLIENTS = "testbro-two-clients";

/** Out of the range that is kept for tests of network devices (RFC 2544). */
const NETWORK = "198.18.250";
const NODES = [1, 2].map((number) => ({ netns: `testbro-two-${number}`, address: `${NETWORK}.${10 + number}`, number }));

/** Addresses of the nodes, as clients see them. */
export const ADDRESSES = NODES.map(({ address }) => address);

/** @param {string[]} args */
const ip = (...args) => must("ip", args, { what: "joining the nodes", timeout: 20_000 });

async function connect() {
  await ip("netns", "add", CLIENTS);
  const middle = (/** @type {string[]} */ ...args) => ip("-n", CLIENTS, ...args);
  await middle("link", "set", "lo", "up");
  await middle("link", "add", "nodes", "type", "bridge");
  await middle("address", "add", `${NETWORK}.1/24`, "dev", "nodes");
  await middle("link", "set", "nodes", "up");
  for (const { netns, address, number } of NODES) {
    await ip("netns", "add", netns);
    await middle("link", "add", `node${number}`, "type", "veth", "peer", "name", "eth0", "netns", netns);
    await middle("link", "set", `node${number}`, "master", "nodes", "up");
    await ip("-n", netns, "link", "set", "lo", "up");
    await ip("-n", netns, "address", "add", `${address}/24`, "dev", "eth0");
    await ip("-n", netns, "link", "set", "eth0", "up");
    await ip("-n", netns, "route", "add", "default", "via", `${NETWORK}.1`);
  }
}

async function part() {
  for (const netns of [...NODES.map((node) => node.netns), CLIENTS]) await run("ip", ["netns", "delete", netns], { timeout: 20_000 });
}

/** @typedef {(...args: string[]) => Promise<string>} Docker runs the docker client on one node; its output, or an error */

/**
 * Does some work on the two nodes and takes them down.
 * @template T
 * @param {(manager: Docker, nodes: Docker[]) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function onTwoNodes(work) {
  // Short, because sockets lie in it.
  const folder = mkdtempSync(join(tmpdir(), "tb2-"));
  const homes = NODES.map(({ number }) => join(folder, String(number)));
  await part();
  try {
    await connect();
    const nodes = [];
    for (const [index, { netns }] of NODES.entries()) {
      mkdirSync(homes[index], { mode: 0o700 });
      const { host, clientBin } = await ensureEngine({ home: homes[index], netns });
      nodes.push((/** @type {string[]} */ ...args) =>
        must(clientBin, ["-H", host, ...args], { what: `docker ${args[0]} ${args[1] ?? ""}`, timeout: 300_000 }).then((output) =>
          output.trim(),
        ),
      );
    }
    const [manager, worker] = nodes;
    await manager("swarm", "init", "--advertise-addr", ADDRESSES[0], "--listen-addr", `${ADDRESSES[0]}:2377`);
    const token = await manager("swarm", "join-token", "--quiet", "worker");
    await worker("swarm", "join", "--advertise-addr", ADDRESSES[1], "--token", token, `${ADDRESSES[0]}:2377`);
    return await work(manager, nodes);
  } finally {
    for (const home of homes) await stopEngine({ home, purge: true }).catch((error) => console.error(error.message));
    await part();
    rmSync(folder, { recursive: true, force: true });
  }
}
