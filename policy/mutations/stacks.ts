import type { Resource } from "../core/resource";
import * as docker from "../fixtures/docker";
import { edit } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

/** The well-made stacks whose leaves are mutated: nothing is found in them under `strict`. */
export function stacks(): Resource[][] {
  const named = (resource: Resource, name: string, edits: Record<string, unknown>): Resource => ({
    ...edit(resource, { "metadata.name": name, ...edits }),
    name,
  });
  const app = (name: string) => ({ "spec.selector.matchLabels.app": name });
  return [
    [
      docker.service,
      docker.balancer,
      docker.database,
      docker.backup,
      docker.container,
      docker.network,
      docker.volume,
      docker.secret,
      docker.config,
      docker.provider,
    ],
    [
      kube.namespace,
      kube.quota,
      kube.deployment,
      kube.disruptionBudget,
      kube.clusterService,
      kube.ingress,
      kube.ingressRoute,
      kube.gateway,
      kube.statefulSet,
      named(kube.disruptionBudget, "database", app("database")),
      kube.cronJob,
      kube.job,
      kube.networkPolicy,
      kube.defaultDeny,
      kube.configMap,
      kube.secret,
      kube.role,
      kube.certificate,
      named(kube.scaledDeployment, "frontend", {
        ...app("frontend"),
        "spec.template.metadata.labels.app": "frontend",
        "spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels.app": "frontend",
      }),
      named(kube.autoscaler, "frontend", { "spec.scaleTargetRef.name": "frontend" }),
      named(kube.disruptionBudget, "frontend", app("frontend")),
    ],
  ];
}
