// The one place that says which Kubernetes is built from source. The spec compares it with the go.mod files.

/** Kubernetes: API server, controllers, scheduler, kubelet, kube-proxy, kubectl. */
export const KUBERNETES = "1.34.4";

/** The cluster's store. */
export const ETCD = "3.6.16";

/** The newest CoreDNS whose Kubernetes client is 1.34's. */
export const COREDNS = "1.14.1";

export const METRICS_SERVER = "0.9.0";
