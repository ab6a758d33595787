// What a stopped Docker daemon leaves behind: mounts, bridges, firewall rules. Only what was not there before is taken down.
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { argumentsOf, find, run, startOf } from "../process.mjs";

/**
 * The networking of a network namespace before our daemon started in it.
 *
 * @typedef {object} Network
 * @property {string[]} bridges Docker's bridges that existed.
 * @property {boolean} chains Whether Docker's firewall chains existed.
 * @property {string} forward The policy of the FORWARD chain: ACCEPT or DROP. Docker sets it to DROP.
 * @property {string} ipForward net.ipv4.ip_forward: "0" or "1". Docker sets it to 1.
 */

const IP_FORWARD = "/proc/sys/net/ipv4/ip_forward";
const DOCKER_BRIDGE = /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/;
const TABLES = ["filter", "nat", "raw", "mangle"];
const FIREWALLS = ["iptables", "ip6tables"];

/** Marks rules of the network namespaces made by netns.mjs, which need forwarding as well. */
export const NETNS_MARK = "testbro-netns";

/**
 * Looks at the host's networking before a daemon starts. In a namespace of its own everything goes with the namespace.
 *
 * @param {string | undefined} netns
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Network>}
 */
export async function snapshot(netns, env) {
  if (netns) return { bridges: [], chains: false, forward: "ACCEPT", ipForward: "0" };
  const rules = await rulesOf("iptables", "filter", env);
  return {
    bridges: (await links(env)).filter((name) => DOCKER_BRIDGE.test(name)),
    chains: rules.some((rule) => rule.startsWith("-N DOCKER")),
    forward: rules.find((rule) => rule.startsWith("-P FORWARD"))?.split(" ")[2] ?? "ACCEPT",
    ipForward: readFileSync(IP_FORWARD, "utf8").trim(),
  };
}

/**
 * Takes down bridges and firewall rules of a daemon that has ended. Nothing is touched while another dockerd uses the same network.
 *
 * @param {Network} before
 * @param {number} pid The daemon's former process id.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} Whether it was done.
 */
export async function takeDownNetwork(before, pid, env) {
  if (otherDaemon(pid) !== undefined) return false;
  const ip = find("ip", env, { system: true });
  for (const bridge of await links(env)) {
    if (ip && DOCKER_BRIDGE.test(bridge) && !before.bridges.includes(bridge)) await run(ip, ["link", "delete", bridge], { env });
  }
  if (before.chains) return true;
  for (const firewall of FIREWALLS) for (const table of TABLES) await removeDockerRules(firewall, table, env);
  const filter = await rulesOf("iptables", "filter", env);
  if (before.forward === "ACCEPT" && filter.includes("-P FORWARD DROP"))
    await firewallRun("iptables", "filter", ["-P", "FORWARD", "ACCEPT"], env);
  if (before.ipForward === "0" && !filter.some((rule) => rule.includes(NETNS_MARK))) writeFileSync(IP_FORWARD, "0");
  return true;
}

/**
 * Deletes the rules that lead to Docker's chains or name its bridges, then the chains.
 *
 * @param {string} firewall @param {string} table @param {NodeJS.ProcessEnv} env
 */
async function removeDockerRules(firewall, table, env) {
  const rules = await rulesOf(firewall, table, env);
  const chains = rules.filter((rule) => rule.startsWith("-N DOCKER")).map((rule) => rule.split(" ")[1] ?? "");
  if (chains.length === 0) return;
  for (const rule of rules.filter((line) => line.startsWith("-A "))) {
    const words = splitRule(rule);
    const target = words[words.indexOf("-j") + 1] ?? "";
    const ours = chains.includes(target) || /(^| )(docker0|docker_gwbridge|br-[0-9a-f]{12})( |$)/.test(rule) || isMasquerade(rule);
    if (ours && !chains.includes(words[1] ?? "")) await firewallRun(firewall, table, ["-D", ...words.slice(1)], env);
  }
  for (const chain of chains) await firewallRun(firewall, table, ["-F", chain], env);
  for (const chain of chains) await firewallRun(firewall, table, ["-X", chain], env);
}

/**
 * Docker's address translation of its own bridges: "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE" is caught by the bridge's
 * name; this is the one for a container that reaches itself through its published port.
 *
 * @param {string} rule
 */
const isMasquerade = (rule) => /^-A POSTROUTING -s (172\.\d+\.\d+\.\d+)\/32 -d \1\/32 .*-j MASQUERADE$/.test(rule);

/** @param {string} rule A line of `iptables -S`, whose words may be quoted. */
export const splitRule = (rule) => (rule.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));

/** @param {string} firewall @param {string} table @param {NodeJS.ProcessEnv} env @returns {Promise<string[]>} */
async function rulesOf(firewall, table, env) {
  return (await firewallRun(firewall, table, ["-S"], env)).split("\n").filter(Boolean);
}

/** @param {string} firewall @param {string} table @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function firewallRun(firewall, table, args, env) {
  const command = find(firewall, env, { system: true });
  if (!command) return "";
  return (await run(command, ["-w", "10", "-t", table, ...args], { env, timeout: 20_000 })).stdout;
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<string[]>} Names of the network links here. */
async function links(env) {
  const ip = find("ip", env, { system: true });
  if (!ip) return readdirSync("/sys/class/net");
  const { stdout } = await run(ip, ["-o", "link", "show"], { env });
  return stdout.split("\n").flatMap((line) => /^\d+: ([^:@]+)[@:]/.exec(line)?.[1] ?? []);
}

/**
 * Another dockerd in our network namespace, whose bridges and rules are the same as ours.
 *
 * @param {number} except
 * @returns {number | undefined} Its process id.
 */
function otherDaemon(except) {
  const here = readlinkSync("/proc/self/ns/net");
  return processes().find((pid) => {
    try {
      const name = argumentsOf(pid)[0]?.split("/").at(-1);
      return pid !== except && name === "dockerd" && startOf(pid) !== undefined && readlinkSync(`/proc/${pid}/ns/net`) === here;
    } catch {
      return false;
    }
  });
}

/** @returns {number[]} */
export const processes = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/**
 * Unmounts everything mounted below the given folders, the deepest first.
 *
 * @param {string[]} folders
 * @param {NodeJS.ProcessEnv} env
 */
export async function unmountBelow(folders, env) {
  for (const mount of mountsBelow(folders).reverse()) {
    const umount = find("umount", env, { system: true }) ?? "umount";
    if ((await run(umount, [mount], { env, timeout: 20_000 })).code !== 0) await run(umount, ["-l", mount], { env, timeout: 20_000 });
  }
}

/**
 * @param {string[]} folders
 * @returns {string[]} Mount points below the folders, in the order they were mounted.
 */
export function mountsBelow(folders) {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))))
    .filter((point) => folders.some((folder) => point.startsWith(`${folder}/`)));
}
