// A node: a containerd and a kubelet in a mount namespace of their own, with their pods in a control group of their own.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processes } from "../docker/leftovers.mjs";
import { argumentsOf, find, run } from "../process.mjs";
import { killCgroup, makeCgroup, removeCgroup } from "./cgroups.mjs";
import { cniConfig, containerdConfig, kubeconfig, kubeletConfig, nameServers } from "./configs.mjs";
import { importImages, PAUSE_IMAGE, programImage } from "./images.mjs";
import { API_PORT, CONTROL_ADDRESS, layout } from "./layout.mjs";
import { inNetns } from "./network.mjs";
import { end, runs, signal, start, untilReady } from "./processes.mjs";

/** @import { Machine } from "./control-plane.mjs" */
/** @import { NodeLayout } from "./layout.mjs" */

/** Where distributions put the network plugins. */
export const CNI_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin"];

/** @returns {string | undefined} */
export const cniFolder = () =>
  CNI_FOLDERS.find((folder) => ["bridge", "host-local", "portmap", "loopback"].every((name) => existsSync(join(folder, name))));

/** @param {NodeLayout} node */
const names = (node) => ({ containerd: `${node.name}-containerd`, kubelet: `${node.name}-kubelet` });

/**
 * Starts a node, or what of it does not run.
 *
 * @param {Machine} machine
 * @param {NodeLayout} node
 * @param {string} token The node's own.
 */
export async function startNode(machine, node, token) {
  const { containerd, kubelet } = names(node);
  const { logs } = layout(machine.home);
  const { processes: recorded } = machine.record;
  if (runs(recorded[containerd]) && runs(recorded[kubelet])) return;
  await stopNode(machine, node);
  writeConfigs(machine, node, token);
  makeCgroup(node.cgroup);
  // Everything a node mounts goes with its processes; /run is its own, as after a start of a machine, and pods may follow
  // its mounts. The kubelet's cAdvisor looks for containerd where it is on other machines, and without it knows no container by its pod.
  const socket = "/run/containerd/containerd.sock";
  const script = `mount --make-rshared / && mount -t tmpfs tmpfs /run && mkdir /run/containerd && ln -s "$0" ${socket} && exec "$@"`;
  const program = find("containerd", machine.env, { system: true }) ?? "containerd";
  const command = ["unshare", "--mount", "sh", "-c", script, node.socket, program, "--config", join(node.home, "containerd.toml")];
  const env = { ...machine.env, XTABLES_LOCKFILE: join(machine.home, "xtables.lock") };
  const container = (recorded[containerd] = await start(inNetns(machine, command), { log: join(logs, `${containerd}.log`), env }));
  machine.save();
  const answers = async () => (await run("ctr", ["--address", node.socket, "version"], { env, timeout: 10_000 })).code === 0;
  await untilReady(containerd, container, logs, answers);
  const pause = join(node.home, "pause.tar");
  writeFileSync(pause, programImage(PAUSE_IMAGE, /** @type {string} */ (machine.programs.pause)));
  await importImages([pause], [node], env);
  const args = [
    `--config=${join(node.home, "kubelet.json")}`,
    `--kubeconfig=${join(node.home, "kubeconfig")}`,
    `--root-dir=${join(node.home, "kubelet")}`,
    `--cert-dir=${join(node.home, "certificates")}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--node-labels=topology.kubernetes.io/zone=${node.zone},topology.kubernetes.io/region=local`,
  ];
  const inside = ["nsenter", `--target=${container.pid}`, "--mount", "--net", /** @type {string} */ (machine.programs.kubelet), ...args];
  const agent = (recorded[kubelet] = await start(inside, { log: join(logs, `${kubelet}.log`), env }));
  machine.save();
  const health = ["curl", "-sf", "-m", "5", "-o", "/dev/null", `http://${node.address}:10248/healthz`];
  const [enter, ...rest] = inNetns(machine, health);
  await untilReady(kubelet, agent, logs, async () => (await run(/** @type {string} */ (enter), rest, { env, timeout: 10_000 })).code === 0);
}

/** @param {Machine} machine @param {NodeLayout} node @param {string} token */
function writeConfigs(machine, node, token) {
  const { certificates } = layout(machine.home);
  const authority = join(certificates, "ca.crt");
  for (const folder of ["cni", "plugins", "kubelet", "pod-logs", "volumes"]) mkdirSync(join(node.home, folder), { recursive: true });
  const write = (/** @type {string} */ file, /** @type {string} */ text) => writeFileSync(join(node.home, file), text, { mode: 0o600 });
  write("containerd.toml", containerdConfig(node, { pause: PAUSE_IMAGE, cniBin: cniFolder() ?? "/usr/lib/cni" }));
  write("cni/10-testbro.conflist", cniConfig(node));
  write("kubelet.json", kubeletConfig(node, { authority, certificate: join(certificates, `kubelet-${node.name}`) }));
  const servers = nameServers(readFileSync("/etc/resolv.conf", "utf8"));
  write("resolv.conf", servers.map((server) => `nameserver ${server}\n`).join(""));
  const server = `https://${CONTROL_ADDRESS}:${API_PORT}`;
  write("kubeconfig", kubeconfig({ server, authority: readFileSync(authority, "utf8"), token, user: node.name, name: "testbro" }));
}

/**
 * Takes a node away at once: kubelet, containerd and pods are killed, not asked.
 *
 * @param {Machine} machine
 * @param {NodeLayout} node
 */
export async function stopNode(machine, node) {
  const { containerd, kubelet } = names(node);
  const { processes: recorded } = machine.record;
  // The pods go in the same moment as the kubelet, which could otherwise tell the API server about it.
  await Promise.all([end(recorded[kubelet], 0), killCgroup(node.cgroup)]);
  await end(recorded[containerd], 0);
  for (const pid of shims(node)) signal(pid, "SIGKILL");
  await killCgroup(node.cgroup);
  removeCgroup(node.cgroup);
  delete recorded[kubelet];
  delete recorded[containerd];
  machine.save();
  for (const device of await podLinks(machine, node)) await inside(machine, ["ip", "link", "delete", device]);
  rmSync(node.socket, { force: true });
}

/**
 * The processes that hold a node's containers, by their own arguments: each names its containerd's socket.
 *
 * @param {NodeLayout} node
 */
const shims = (node) =>
  processes().filter((pid) => {
    const args = argumentsOf(pid);
    return /containerd-shim/.test(args[0] ?? "") && args.includes(node.socket);
  });

/** @param {Machine} machine @param {string[]} command */
function inside(machine, command) {
  const [program, ...args] = inNetns(machine, command);
  return run(/** @type {string} */ (program), args, { env: machine.env, timeout: 20_000 });
}

/** @param {Machine} machine @param {NodeLayout} node @returns {Promise<string[]>} The node's bridge and what is plugged into it. */
async function podLinks(machine, node) {
  const { stdout, code } = await inside(machine, ["ip", "-o", "link", "show", "master", node.bridge]);
  if (code !== 0) return [];
  return [...stdout.split("\n").flatMap((line) => /^\d+: ([^:@]+)[@:]/.exec(line)?.[1] ?? []), node.bridge];
}
