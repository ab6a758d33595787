import type { NodeMetrics } from "../platform";
import type { Settings } from "./settings";

/** Port of every kubelet (`--port`, its default). */
export const KUBELET_PORT = 10250;

/** What a pod finds of its account: the cluster's authority and a token that the kubelet keeps fresh. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What the kubelet itself knows of containers, by the runtime's word (`/metrics/resource`). */
const USE = ["container_cpu_usage_seconds_total", "container_memory_working_set_bytes", "container_start_time_seconds"];

/** What only the kubelet's cAdvisor knows: limits, being held back, and the network, which belongs to the pod. */
const LIMITS = [
  "container_spec_memory_limit_bytes",
  "container_spec_cpu_quota",
  "container_spec_cpu_period",
  "container_cpu_cfs_periods_total",
  "container_cpu_cfs_throttled_periods_total",
];
const NETWORK = ["container_network_receive_bytes_total", "container_network_transmit_bytes_total"];

/** Characters of the parts of a pod's name that Kubernetes makes up (k8s.io/apimachinery, util/rand): no vowels, so no word. */
const MADE_UP = "[bcdfghjklmnpqrstvwxz2456789]";

/** A pod's name: its workload's, a ReplicaSet's hash where there is one, and the pod's own end or a StatefulSet's number. */
const POD = `(.+?)(?:-${MADE_UP}{6,10})?-(?:${MADE_UP}{5}|\\d+)`;

const oneOf = (values: readonly string[]): string => `(?:${values.join("|")})`;

/** Labels as the auto-scaler's gate gives them on a Swarm: the workload, the replica as the container's host name, and nothing else. */
function labelled(prefix: string): object[] {
  return [
    { source_labels: ["container"], regex: "(.+)", target_label: "service", replacement: `${prefix}-$1` },
    { source_labels: ["pod"], regex: "(.+)", target_label: "container" },
    { action: "labeldrop", regex: "namespace|pod|id|name|image" },
  ];
}

/**
 * What the kubelets serve of the containers of this platform's namespaces; series of all others are dropped where they are read. The right is
 * `get` of `nodes/metrics`, which a kubelet asks the API server about.
 */
export function kubeletMetrics({ prefix, namespace, nodes }: Pick<Settings, "prefix" | "namespace" | "nodes">): NodeMetrics[] {
  const both = oneOf([namespace, ...(nodes ? [nodes.namespace] : [])]);
  const page = (name: string, path: string, relabelling: object[]): NodeMetrics => ({
    name,
    port: KUBELET_PORT,
    scrape: {
      scheme: "https",
      metrics_path: path,
      authorization: { credentials_file: `${ACCOUNT}/token` },
      tls_config: nodes?.verifyKubelets === false ? { insecure_skip_verify: true } : { ca_file: `${ACCOUNT}/ca.crt` },
      // Samples have the times at which they were taken; a container that is gone has to be gone at once nevertheless.
      track_timestamps_staleness: true,
      metric_relabel_configs: [...relabelling, ...labelled(prefix)],
    },
  });
  return [
    page("kubelet", "/metrics/resource", [{ source_labels: ["namespace", "__name__"], regex: `${both};${oneOf(USE)}`, action: "keep" }]),
    page("kubelet-cadvisor", "/metrics/cadvisor", [
      // What is in the node's network counts the node's bytes, not its own; and a control group around containers has their limits again.
      {
        source_labels: ["namespace", "__name__", "container"],
        regex: `${both};${oneOf(LIMITS)};.+|${namespace};${oneOf(NETWORK)};.*`,
        action: "keep",
      },
      { source_labels: ["__name__", "pod"], regex: `${oneOf(NETWORK)};${POD}`, target_label: "service" },
    ]),
  ];
}
