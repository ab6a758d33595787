// The configuration files of the cluster's programs: pure, one function per file.
import { CONTROL_ADDRESS, DNS_ADDRESS, DOMAIN, PODS } from "./layout.mjs";

/** @import { NodeLayout } from "./layout.mjs" */

/**
 * @param {{ server: string, authority: string, token: string, user: string, name: string }} options `authority`: the CA's PEM.
 * @returns {string} JSON, which every reader of kubeconfigs takes for YAML.
 */
export function kubeconfig({ server, authority, token, user, name }) {
  const data = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(authority).toString("base64") } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user } }],
    "current-context": name,
  };
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

/**
 * @param {NodeLayout} node
 * @param {{ pause: string, cniBin: string }} options
 */
export const containerdConfig = (node, { pause, cniBin }) => `version = 2
root = "${node.home}/containerd"
# In memory, as on a real machine: after a restart nothing of it is believed to run.
state = "/run/containerd-state"
oom_score = 0

[grpc]
  address = "${node.socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pause}"
  # A machine may lack the right to make a process less likely to be killed.
  restrict_oom_score_adj = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniBin}"
    conf_dir = "${node.home}/cni"
`;

/** @param {NodeLayout} node */
export const cniConfig = (node) =>
  JSON.stringify({
    cniVersion: "0.4.0",
    name: "testbro",
    plugins: [
      {
        type: "bridge",
        bridge: node.bridge,
        isGateway: true,
        hairpinMode: true,
        // Out of the cluster is masqueraded once for all nodes; between nodes a pod keeps its address.
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: "/run/cni-addresses",
          ranges: [[{ subnet: node.podSubnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  });

/**
 * @param {NodeLayout} node
 * @param {{ authority: string, certificate: string }} options `authority`: the CA's file; `certificate`: the node's, without `.crt` and `.key`.
 */
export const kubeletConfig = (node, { authority, certificate }) =>
  JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: node.address,
    port: 10250,
    readOnlyPort: 0,
    healthzBindAddress: node.address,
    healthzPort: 10248,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: authority } },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${certificate}.crt`,
    tlsPrivateKeyFile: `${certificate}.key`,
    containerRuntimeEndpoint: `unix://${node.socket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: node.cgroup,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    oomScoreAdj: 0,
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: DOMAIN,
    resolvConf: `${node.home}/resolv.conf`,
    volumePluginDir: `${node.home}/plugins`,
    podLogsDir: `${node.home}/pod-logs`,
    // Images come from archives and cannot be pulled again; the disk is not this cluster's alone.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%" },
    // A node that is lost is noticed after 20 seconds instead of 50: see --node-monitor-grace-period.
    nodeLeaseDurationSeconds: 20,
    nodeStatusUpdateFrequency: "5s",
  });

/** @param {{ kubeconfig: string, node: string, masqueradeAll: boolean }} options */
export const proxyConfig = ({ kubeconfig: file, node, masqueradeAll }) =>
  JSON.stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clusterCIDR: PODS,
    clientConnection: { kubeconfig: file },
    hostnameOverride: node,
    healthzBindAddress: `${CONTROL_ADDRESS}:10256`,
    metricsBindAddress: "127.0.0.1:10249",
    iptables: { masqueradeAll },
    // The limits of connection tracking are the host's.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });

/**
 * @param {{ kubeconfig: string, servers: string[] }} options `servers`: the machine's own name servers; none that only its
 *   loopback reaches.
 */
export const corefile = ({ kubeconfig: file, servers }) => `.:53 {
    bind ${CONTROL_ADDRESS}
    errors
    health ${CONTROL_ADDRESS}:8080
    ready ${CONTROL_ADDRESS}:8181
    kubernetes ${DOMAIN} in-addr.arpa {
        kubeconfig ${file}
        pods insecure
        fallthrough in-addr.arpa
        ttl 5
    }
    prometheus ${CONTROL_ADDRESS}:9153
${servers.length > 0 ? `    forward . ${servers.join(" ")}\n` : ""}    cache 5
    loadbalance
}
`;

/**
 * The name servers of a resolv.conf that are reachable from another network namespace.
 *
 * @param {string} text
 * @returns {string[]}
 */
export const nameServers = (text) =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map((match) => match[1] ?? "")
    .filter((server) => !/^(127\.|::1$|0\.0\.0\.0$)/.test(server));
