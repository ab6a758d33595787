import { onlyPorts, overrideWorkload, type Ref, type Resources, type Workload } from "../workload";
import { HTTPS_MODULE, toYaml } from "./config";
import type { ExporterOptions, ProbeOptions } from "./options";

/** Ports of the exporters (their defaults). */
export const NODE_EXPORTER_PORT = 9100;
export const BLACKBOX_PORT = 9115;

const USER = { uid: 10091, gid: 10091 };
const RESOURCES: Resources = { limits: { cpu: "100m", memory: "64Mi" }, reservations: { cpu: "10m", memory: "32Mi" } };
const TIMING = { interval: 10, timeout: 10, retries: 3, startPeriod: 15 };
const ONE_IS_ENOUGH = { "availability-replicas": "answers the scraper alone, which shows a gap while it restarts" };

const BLACKBOX_CONFIG = "/etc/blackbox/config.yml";
/** Folder of authorities besides the public ones. */
const AUTHORITIES = "/etc/blackbox/authorities";

/** What tells about the node whichever container asks. Networks and other disks it would need the node's own namespaces for. */
const COLLECTORS = ["cpu", "diskstats", "filefd", "filesystem", "loadavg", "meminfo", "pressure", "stat", "vmstat"];

/** What it sees as any container. The root is an overlay, which is left out by default; everything else mounted there is the container's own. */
const AS_ANY_CONTAINER = [
  "--collector.filesystem.fs-types-exclude=^(proc|sysfs|tmpfs|devpts|mqueue|cgroup2?|shm)$",
  "--collector.filesystem.mount-points-exclude=^/.+",
];

/** What it sees where it may look at its node: every disk and every link of the node itself; those of containers and pods come and go with them. */
const ON_ITS_NODE = [
  "--path.rootfs=/host",
  "--path.procfs=/host/proc",
  "--path.sysfs=/host/sys",
  "--collector.uname",
  "--collector.netdev",
  "--collector.netdev.device-exclude=^(lo|veth.*|cali.*|lxc.*|cni.*|cilium.*|flannel.*|docker.*|br-.*|tunl.*|vxlan.*|kube-.*|nodelocaldns|dummy.*)$",
  "--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|fuse.*|hugetlbfs|iso9660|mqueue|nfs.*|nsfs|overlay|proc|pstore|ramfs|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tmpfs|tracefs)$",
  "--collector.filesystem.mount-points-exclude=^/(boot|dev|proc|run|sys|var/lib/(containerd|containers|docker|kubelet|rancher)/.+)($|/)",
];

/**
 * One a node. Unless the platform lets it look at its node it has nothing of the node's mounted and no privilege: what it needs of /proc is the
 * node's in every container, and the size of the root's overlay is that of the disk that holds images, containers and volumes.
 * @param ref whose port it answers at
 * @param observesNode whether the platform lets it look at its node
 */
export function nodeExporterWorkload({ image, nodeWorkload }: ExporterOptions, ref: Ref, scraper: Ref, observesNode = false): Workload {
  const port = ref.ports["metrics"] ?? NODE_EXPORTER_PORT;
  const base: Workload = {
    kind: "daemon",
    image,
    command: ["prometheus-node-exporter"],
    args: [
      `--web.listen-address=${observesNode ? "[$(NODE_ADDRESS)]" : ""}:${port}`,
      "--log.format=json",
      "--collector.disable-defaults",
      ...COLLECTORS.map((collector) => `--collector.${collector}`),
      ...(observesNode ? ON_ITS_NODE : AS_ANY_CONTAINER),
      "--collector.diskstats.device-exclude=^(ram|loop|fd|sr|nbd)[0-9]+$",
    ],
    ports: [{ name: "metrics", container: port }],
    metrics: { port: "metrics", scraper },
    health: { live: { http: { port: "metrics", path: "/" }, ...TIMING } },
    resources: RESOURCES,
    scale: { replicas: 1 },
    // Where containers are found by it, it has to run on full nodes, too.
    priority: observesNode ? "normal" : "low",
    stop: { grace: 15 },
    security: { user: USER },
    // Two of them would need the same port of the node.
    ...(observesNode ? { observesNode, update: { order: "stop-first" as const } } : {}),
  };
  return overrideWorkload(base, nodeWorkload);
}

/** Asks the public addresses as a user would: through the balancer, with its name, verifying its certificate. */
export function blackboxWorkload({ image, probeWorkload }: ExporterOptions, probes: ProbeOptions, scraper: Ref): Workload {
  const { through, port = "https", ca, urls = [] } = probes;
  const http = {
    fail_if_not_ssl: true,
    preferred_ip_protocol: "ip4",
    headers: { "User-Agent": "testbro-blackbox" },
  };
  const base: Workload = {
    kind: "service",
    image,
    command: ["prometheus-blackbox-exporter"],
    args: [
      `--config.file=${BLACKBOX_CONFIG}`,
      `--web.listen-address=:${BLACKBOX_PORT}`,
      "--log.format=json",
      // A line for every question would drown the rest.
      "--log.prober=warn",
    ],
    files: {
      [BLACKBOX_CONFIG]: { content: toYaml({ modules: { [HTTPS_MODULE]: { prober: "http", http } } }) },
      ...(ca === undefined ? {} : { [`${AUTHORITIES}/own.pem`]: { content: ca } }),
    },
    // Go takes this folder's besides those of the system's file. A module's `ca_file` would take their place, and whether the address shows a
    // certificate of the own authority or a public one's changes while it runs, where an ACME authority issues.
    ...(ca === undefined ? {} : { env: { SSL_CERT_DIR: AUTHORITIES } }),
    ports: [{ name: "http", container: BLACKBOX_PORT }],
    metrics: { port: "http", path: "/metrics", scraper },
    health: { live: { http: { port: "http", path: "/-/healthy" }, ...TIMING } },
    resources: RESOURCES,
    scale: { replicas: 1 },
    priority: "low",
    stop: { grace: 15 },
    security: { user: USER },
    connects: [onlyPorts(through, [port])],
    ...(urls.length > 0 ? { outside: [{ ports: [443] }] } : {}),
    policyExemptions: ONE_IS_ENOUGH,
  };
  return overrideWorkload(base, probeWorkload);
}
