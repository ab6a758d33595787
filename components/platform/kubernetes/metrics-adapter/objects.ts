import type * as kubernetes from "@pulumi/kubernetes";
import { stringify } from "yaml";
import type { AdapterSettings } from "./settings";

/** API group and version of metrics that belong to no object of the cluster. */
export const API = { group: "external.metrics.k8s.io", version: "v1beta1" };

/** Port of the adapter; 443 of the Service, where the API server asks. */
export const PORT = 6443;

/**
 * What the adapter serves. A series has labels of its own and no namespace: whoever may ask for external metrics in any namespace gets
 * it, which are the autoscalers and administrators.
 */
export function adapterConfig({ metrics }: AdapterSettings): string {
  const externalRules = Object.entries(metrics).map(([name, series]) => ({
    seriesQuery: series,
    resources: { namespaced: false },
    name: { matches: `^${series}$`, as: name },
    metricsQuery: "sum(<<.Series>>{<<.LabelMatchers>>})",
  }));
  return stringify({ externalRules }, { lineWidth: 0 });
}

/** The Service that the API server asks: with an address, because it does not go by pods' names. */
export function apiServiceSpec(
  service: string,
  namespace: string,
  authority: string,
): kubernetes.types.input.apiregistration.v1.APIServiceSpec {
  return {
    ...API,
    service: { name: service, namespace, port: 443 },
    caBundle: Buffer.from(authority, "utf8").toString("base64"),
    // Kubernetes' own numbers for groups that are no part of it.
    groupPriorityMinimum: 100,
    versionPriority: 100,
  };
}

export function serviceSpec(selector: Record<string, string>): kubernetes.types.input.core.v1.ServiceSpec {
  return { type: "ClusterIP", selector, ports: [{ name: "https", port: 443, targetPort: PORT, protocol: "TCP" }] };
}

/** The API server alone reaches the adapter. */
export function ingressSpec(
  selector: Record<string, string>,
  cidrs: readonly string[],
): kubernetes.types.input.networking.v1.NetworkPolicySpec {
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ["Ingress"],
    ingress: [{ from: cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ protocol: "TCP", port: PORT }] }],
  };
}
