// What a cluster from source consists of, and how each part is built.
import { COREDNS, ETCD, KUBERNETES, METRICS_SERVER } from "./versions.mjs";

/** @import { Compilation, Part } from "../pulumi/recipe.mjs" */

const [major, minor] = KUBERNETES.split(".");
const VERSION_PACKAGE = "k8s.io/component-base/version";

/** @param {string} binary @returns {Compilation} */
const kubernetes = (binary) => ({
  module: "kubernetes",
  target: `k8s.io/kubernetes/cmd/${binary}`,
  binary,
  tags: "",
  versionVariable: `${VERSION_PACKAGE}.gitVersion`,
  version: `v${KUBERNETES}`,
  // Without them the API server takes itself for version 0.0 and refuses its own features.
  variables: { [`${VERSION_PACKAGE}.gitMajor`]: major ?? "", [`${VERSION_PACKAGE}.gitMinor`]: minor ?? "" },
});

/** @param {string} binary @returns {Compilation} */
const own = (binary) => ({
  module: "kubernetes",
  target: `./cmd/${binary}`,
  binary,
  tags: "",
  versionVariable: "main.version",
  version: KUBERNETES,
});

const KUBERNETES_SOURCES = ["kubernetes/go.mod", "kubernetes/go.sum"];

/** The client alone, for clusters that exist already. @type {Part} */
export const KUBECTL_PART = {
  name: "kubectl",
  title: "kubectl",
  version: KUBERNETES,
  sources: KUBERNETES_SOURCES,
  compilations: [kubernetes("kubectl")],
  scripts: {},
  seconds: 120,
};

/** Everything that runs on the machine, in the order that shares most compilation. @type {readonly Part[]} */
export const CLUSTER_PARTS = [
  {
    name: "kubernetes-control-plane",
    title: "Kubernetes' control plane",
    version: KUBERNETES,
    sources: KUBERNETES_SOURCES,
    compilations: [
      kubernetes("kube-apiserver"),
      kubernetes("kube-controller-manager"),
      kubernetes("kube-scheduler"),
      {
        module: "kubernetes",
        target: "go.etcd.io/etcd/server/v3",
        binary: "etcd",
        tags: "",
        versionVariable: "go.etcd.io/etcd/api/v3/version.GitSHA",
        version: ETCD,
      },
    ],
    scripts: {},
    seconds: 400,
  },
  {
    name: "kubernetes-node",
    title: "Kubernetes' node programs",
    version: KUBERNETES,
    sources: [...KUBERNETES_SOURCES, "kubernetes/cmd"],
    compilations: [kubernetes("kubelet"), kubernetes("kube-proxy"), own("pause")],
    scripts: {},
    seconds: 40,
  },
  KUBECTL_PART,
  {
    name: "coredns",
    title: "CoreDNS",
    version: COREDNS,
    sources: ["coredns"],
    compilations: [
      {
        module: "coredns",
        target: ".",
        binary: "coredns",
        tags: "",
        versionVariable: "github.com/coredns/coredns/coremain.GitCommit",
        version: COREDNS,
      },
    ],
    scripts: {},
    seconds: 100,
  },
  {
    name: "metrics-server",
    title: "metrics-server",
    version: METRICS_SERVER,
    sources: ["metrics-server"],
    compilations: [
      {
        module: "metrics-server",
        target: "sigs.k8s.io/metrics-server/cmd/metrics-server",
        binary: "metrics-server",
        tags: "",
        versionVariable: "sigs.k8s.io/metrics-server/pkg/version.gitVersion",
        version: METRICS_SERVER,
      },
    ],
    scripts: {},
    seconds: 150,
  },
];
