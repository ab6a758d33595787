// What the cluster holds from the beginning: rights of its own programs, the name service, metrics, a storage class.
import { CONTROL_ADDRESS, DNS_ADDRESS } from "./layout.mjs";

const RBAC = "rbac.authorization.k8s.io";

/** @param {string} name @param {object[]} rules */
const clusterRole = (name, rules) => ({ apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata: { name }, rules });

/** @param {string} name @param {string} role @param {string} user */
const clusterBinding = (name, role, user) => ({
  apiVersion: `${RBAC}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
  subjects: [{ apiGroup: RBAC, kind: "User", name: user }],
});

/**
 * A Service whose only endpoint is a process of this machine.
 *
 * @param {string} name @param {object} spec @param {{ name: string, port: number, protocol: string }[]} ports
 */
const hostService = (name, spec, ports) => [
  { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "kube-system" }, spec },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "kube-system", labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports,
    endpoints: [{ addresses: [CONTROL_ADDRESS], conditions: { ready: true } }],
  },
];

/** Port of metrics-server beside the nodes. */
export const METRICS_PORT = 4443;

/** The cluster's default storage class. */
export const STORAGE_CLASS = "local";

const metricsObjects = () => [
  clusterRole("testbro:metrics-server", [
    { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
  ]),
  clusterBinding("testbro:metrics-server", "testbro:metrics-server", "testbro:metrics-server"),
  clusterBinding("testbro:metrics-server-delegator", "system:auth-delegator", "testbro:metrics-server"),
  {
    apiVersion: `${RBAC}/v1`,
    kind: "RoleBinding",
    metadata: { name: "testbro:metrics-server-reader", namespace: "kube-system" },
    roleRef: { apiGroup: RBAC, kind: "Role", name: "extension-apiserver-authentication-reader" },
    subjects: [{ apiGroup: RBAC, kind: "User", name: "testbro:metrics-server" }],
  },
  ...hostService("metrics-server", { ports: [{ name: "https", port: 443, targetPort: METRICS_PORT, protocol: "TCP" }] }, [
    { name: "https", port: METRICS_PORT, protocol: "TCP" },
  ]),
  {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      service: { name: "metrics-server", namespace: "kube-system" },
      groupPriorityMinimum: 100,
      versionPriority: 100,
      // It makes its certificate itself, and runs on this very machine.
      insecureSkipTLSVerify: true,
    },
  },
];

/**
 * @param {{ metrics: boolean }} options An API that is registered and not served would hold back the deletion of namespaces.
 * @returns {object[]}
 */
export const clusterObjects = ({ metrics }) => [
  clusterRole("testbro:coredns", [
    { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  ]),
  clusterBinding("testbro:coredns", "testbro:coredns", "testbro:coredns"),
  ...hostService(
    "kube-dns",
    {
      clusterIP: DNS_ADDRESS,
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, protocol: "TCP" },
      ],
    },
    [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ],
  ),
  ...(metrics ? metricsObjects() : []),
  clusterRole("testbro:local-volumes", [
    { apiGroups: [""], resources: ["persistentvolumes"], verbs: ["list", "create", "delete"] },
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list"] },
    { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["list"] },
  ]),
  clusterBinding("testbro:local-volumes", "testbro:local-volumes", "testbro:local-volumes"),
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: STORAGE_CLASS, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "testbro.local/folder",
    reclaimPolicy: "Delete",
    // A folder is on one node; it is made where the scheduler puts the first pod that uses it.
    volumeBindingMode: "WaitForFirstConsumer",
  },
];
