// A network namespace for a private engine: its own loopback, ports, bridges and firewall, with a way out through the host.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { ToolchainError } from "../errors.mjs";
import { find, must, run } from "../process.mjs";
import { installPackages } from "./install.mjs";
import { NETNS_MARK, splitRule } from "./leftovers.mjs";

/**
 * @typedef {object} Netns
 * @property {string} name
 * @property {string} address Its address on the link to the host: its published ports are reachable there from the host.
 * @property {string} gateway The host's address on that link.
 * @property {string} subnet The link's /30.
 */

const IP_FORWARD = "/proc/sys/net/ipv4/ip_forward";

/** Private /30 networks to choose from, out of 10.213.0.0/16. */
const CANDIDATES = Array.from({ length: 256 * 64 }, (_, i) => `10.213.${i >> 6}.${(i & 63) * 4}`);

/**
 * Makes a network namespace that is linked to the host and reaches the outside through it. Installs `ip` and `iptables` where they
 * are missing and that is possible, and says so.
 *
 * @param {string} name Letters, digits and dashes; not in use.
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Netns>}
 * @throws {ToolchainError} Without root, without `ip` or `iptables` where they cannot be installed, or when the name is taken. Nothing is left then.
 */
export async function createNetns(name, { env = process.env } = {}) {
  if (!/^[a-zA-Z0-9-]{1,60}$/.test(name))
    throw new ToolchainError(`"${name}" cannot name a network namespace; use letters, digits and dashes.`);
  const { ip, iptables } = commands(env) ?? (await installCommands(env));
  if ((await namespaces(ip, env)).includes(name))
    throw new ToolchainError(
      `The network namespace ${name} exists already; delete it first (deleteNetns, or \`ip netns delete ${name}\`).`,
    );
  const { outer, inner } = linkNames(name);
  const network = await freeNetwork(ip, env);
  const gateway = plus(network, 1);
  const address = plus(network, 2);
  const subnet = `${network}/30`;
  const what = `making the network namespace ${name}`;
  const host = (/** @type {string[]} */ ...args) => must(ip, args, { what, env, timeout: 20_000 });
  const inside = (/** @type {string[]} */ ...args) => host("-n", name, ...args);
  try {
    await host("netns", "add", name);
    await host("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name);
    await host("address", "add", `${gateway}/30`, "dev", outer);
    await host("link", "set", outer, "up");
    await inside("link", "set", "lo", "up");
    await inside("address", "add", `${address}/30`, "dev", inner);
    await inside("link", "set", inner, "up");
    await inside("route", "add", "default", "via", gateway);
    // What forwarding was before is told by the rules themselves, so that deleting needs no other memory.
    const forwarded = readFileSync(IP_FORWARD, "utf8").trim();
    const comment = ["-m", "comment", "--comment", `${NETNS_MARK} ${name} forwarding=${forwarded}`];
    const firewall = (/** @type {string[]} */ ...args) => must(iptables, ["-w", "10", ...args], { what, env, timeout: 20_000 });
    await firewall("-t", "nat", "-A", "POSTROUTING", "-s", subnet, "!", "-o", outer, ...comment, "-j", "MASQUERADE");
    await firewall("-I", "FORWARD", "-i", outer, ...comment, "-j", "ACCEPT");
    await firewall("-I", "FORWARD", "-o", outer, ...comment, "-j", "ACCEPT");
    if (forwarded !== "1") writeFileSync(IP_FORWARD, "1");
  } catch (error) {
    await deleteNetns(name, { env });
    throw error;
  }
  return { name, address, gateway, subnet };
}

/**
 * Removes a namespace with its link and rules, also when only part of it is there.
 *
 * @param {string} name
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 */
export async function deleteNetns(name, { env = process.env } = {}) {
  const found = commands(env);
  // Without them nobody has made one.
  if (found === undefined) return;
  const { ip, iptables } = found;
  let forwarding = "";
  for (const table of ["nat", "filter"]) {
    const rules = (await run(iptables, ["-w", "10", "-t", table, "-S"], { env, timeout: 20_000 })).stdout.split("\n");
    for (const rule of rules.filter((line) => line.includes(`"${NETNS_MARK} ${name} `))) {
      forwarding = /forwarding=(\d)/.exec(rule)?.[1] ?? forwarding;
      await run(iptables, ["-w", "10", "-t", table, "-D", ...splitRule(rule).slice(1)], { env, timeout: 20_000 });
    }
  }
  // The link goes first: a namespace lives on while a process is in it, its link to the host need not.
  await run(ip, ["link", "delete", linkNames(name).outer], { env, timeout: 20_000 });
  if ((await namespaces(ip, env)).includes(name))
    await must(ip, ["netns", "delete", name], { what: `deleting the network namespace ${name}`, env });
  if (forwarding === "0" && !(await forwardingNeeded(iptables, env))) writeFileSync(IP_FORWARD, "0");
}

/** Whether another namespace of ours, or Docker, needs forwarding. @param {string} iptables @param {NodeJS.ProcessEnv} env */
async function forwardingNeeded(iptables, env) {
  const { stdout } = await run(iptables, ["-w", "10", "-S"], { env, timeout: 20_000 });
  return stdout.includes(NETNS_MARK) || stdout.includes("-N DOCKER");
}

/**
 * Paths of the commands it takes; undefined where one is missing.
 *
 * @param {NodeJS.ProcessEnv} env
 * @throws {ToolchainError} Where there can be no namespace.
 */
function commands(env) {
  if (process.platform !== "linux" || process.getuid?.() !== 0) throw new ToolchainError("A network namespace needs Linux and root.");
  const ip = find("ip", env, { system: true });
  const iptables = find("iptables", env, { system: true });
  return ip && iptables ? { ip, iptables } : undefined;
}

/** @param {NodeJS.ProcessEnv} env */
async function installCommands(env) {
  await installPackages(["iproute2", "iptables"], { why: "a network namespace", env });
  const installed = commands(env);
  if (!installed) throw new ToolchainError("A network namespace needs `ip` and `iptables` (Debian: iproute2, iptables).");
  return installed;
}

/** @param {string} ip @param {NodeJS.ProcessEnv} env @returns {Promise<string[]>} */
async function namespaces(ip, env) {
  const { stdout } = await run(ip, ["netns", "list"], { env, timeout: 20_000 });
  return stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
}

/**
 * Names of both ends of the link; the kernel allows 15 characters.
 *
 * @param {string} name
 */
export function linkNames(name) {
  const id = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return { outer: `tb${id}o`, inner: `tb${id}i` };
}

/** @param {string} ip @param {NodeJS.ProcessEnv} env @returns {Promise<string>} The network address of a /30 that no route here covers. */
async function freeNetwork(ip, env) {
  const { stdout } = await run(ip, ["-4", "-o", "route", "show", "table", "all"], { env, timeout: 20_000 });
  const used = stdout.split("\n").map(parseRoute);
  // Two namespaces made at the same moment must not choose the same network.
  const first = Math.floor(Math.random() * CANDIDATES.length);
  for (let i = 0; i < CANDIDATES.length; i++) {
    const network = /** @type {string} */ (CANDIDATES[(first + i) % CANDIDATES.length]);
    if (!used.some((route) => route && overlaps(route, { start: number(network), size: 4 }))) return network;
  }
  throw new ToolchainError("No free /30 network is left in 10.213.0.0/16 for a network namespace.");
}

/** @typedef {{ start: number, size: number }} Range */

/** @param {string} line @returns {Range | undefined} */
function parseRoute(line) {
  const match = /^(?:\S+ )?(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?\s/.exec(`${line} `);
  if (!match) return undefined;
  const size = 2 ** (32 - Number(match[2] ?? 32));
  return { start: Math.floor(number(match[1] ?? "") / size) * size, size };
}

/** @param {Range} a @param {Range} b */
const overlaps = (a, b) => a.start < b.start + b.size && b.start < a.start + a.size;

/** @param {string} address */
const number = (address) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** @param {string} address @param {number} n */
const plus = (address, n) => address.replace(/\d+$/, (last) => String(Number(last) + n));
