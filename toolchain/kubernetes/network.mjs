// The network that all parts of a cluster share, inside their network namespace.
import { existsSync } from "node:fs";
import { ToolchainError } from "../errors.mjs";
import { must, run } from "../process.mjs";
import { CONTROL_ADDRESS, LINK, nodeLayout, PODS } from "./layout.mjs";

/** @import { Machine } from "./control-plane.mjs" */

/** @param {Machine} machine @param {string[]} command @returns {string[]} */
export const inNetns = ({ record }, command) => ["nsenter", `--net=/run/netns/${record.netns}`, ...command];

/**
 * Addresses that all parts of the cluster share, and the way out for pods.
 *
 * @param {Machine} machine
 */
export async function prepareNetwork(machine) {
  const inside = (/** @type {string[]} */ ...command) => run(...asRun(inNetns(machine, command)), { env: machine.env, timeout: 20_000 });
  const needed = (/** @type {string[]} */ ...command) =>
    must(...asRun(inNetns(machine, command)), { env: machine.env, timeout: 20_000, what: "preparing the cluster's network" });
  if ((await inside("ip", "link", "show", LINK)).code !== 0) await needed("ip", "link", "add", LINK, "type", "bridge");
  const addresses = Array.from({ length: machine.record.nodes }, (_, i) => nodeLayout(machine.home, machine.record.id, i + 1).address);
  for (const address of [CONTROL_ADDRESS, ...addresses]) await needed("ip", "address", "replace", `${address}/32`, "dev", LINK);
  await needed("ip", "link", "set", LINK, "up");
  // Written inside, as these settings are each namespace's own.
  const settings =
    "echo 1 > /proc/sys/net/ipv4/ip_forward; [ ! -e /proc/sys/net/bridge ] || echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables";
  await needed("sh", "-c", settings);
  const out = ["POSTROUTING", "-s", PODS, "!", "-d", PODS, "-m", "comment", "--comment", "testbro pods", "-j", "MASQUERADE"];
  if ((await inside("iptables", "-w", "10", "-t", "nat", "-C", ...out)).code !== 0)
    await needed("iptables", "-w", "10", "-t", "nat", "-A", ...out);
}

/** @param {string[]} command @returns {[string, string[]]} */
export const asRun = ([program, ...args]) => [/** @type {string} */ (program), args];

/** Whether pods on one bridge that talk through a Service pass the firewall on the way back. */
export const bridgesAreFiltered = () => existsSync("/proc/sys/net/bridge/bridge-nf-call-iptables");

/** @param {string} netns @param {NodeJS.ProcessEnv} env */
export async function namespaceExists(netns, env) {
  return existsSync(`/run/netns/${netns}`) && (await run("ip", ["-n", netns, "link", "show", "lo"], { env, timeout: 10_000 })).code === 0;
}

/** @param {string} netns @param {NodeJS.ProcessEnv} env @returns {Promise<string>} Its address on the link to the host. */
export async function addressIn(netns, env) {
  const { stdout } = await run("ip", ["-n", netns, "-4", "-o", "address", "show", "scope", "global"], { env, timeout: 10_000 });
  const address = /inet (10\.213\.\d+\.\d+)\//.exec(stdout)?.[1] ?? /inet (\d+\.\d+\.\d+\.\d+)\//.exec(stdout)?.[1];
  if (!address) throw new ToolchainError(`The network namespace ${netns} does not exist or has no address; make it by createNetns.`);
  return address;
}

/** A namespace that was there before keeps nothing of ours. @param {Machine} machine */
export async function leaveNetwork(machine) {
  const { netns } = machine.record;
  if (!(await namespaceExists(netns, machine.env))) return;
  await run("ip", ["-n", netns, "link", "delete", LINK], { env: machine.env, timeout: 10_000 });
  const script = "iptables-save | grep -v -e KUBE- -e CNI- -e 'testbro pods' | iptables-restore";
  await run("nsenter", [`--net=/run/netns/${netns}`, "sh", "-c", script], { env: machine.env, timeout: 20_000 });
}
