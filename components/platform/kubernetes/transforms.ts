import type * as kubernetes from "@pulumi/kubernetes";

/** Which child a transform is asked about. */
export interface TransformedChild {
  /** Pulumi name of the child. */
  name: string;
  /** The workload it belongs to, as in `Ref.name`; undefined for what the platform makes for all. */
  workload: string | undefined;
}

/** Changes the arguments of a child before it is created; gives back what is to be created. */
export type Transform<Args> = (args: Args, child: TransformedChild) => Args;

/** Arguments of every kind of child. */
export interface ChildArguments {
  namespace: kubernetes.core.v1.NamespaceArgs;
  resourceQuota: kubernetes.core.v1.ResourceQuotaArgs;
  priorityClass: kubernetes.scheduling.v1.PriorityClassArgs;
  deployment: kubernetes.apps.v1.DeploymentArgs;
  statefulSet: kubernetes.apps.v1.StatefulSetArgs;
  daemonSet: kubernetes.apps.v1.DaemonSetArgs;
  job: kubernetes.batch.v1.JobArgs;
  service: kubernetes.core.v1.ServiceArgs;
  configMap: kubernetes.core.v1.ConfigMapArgs;
  secret: kubernetes.core.v1.SecretArgs;
  persistentVolumeClaim: kubernetes.core.v1.PersistentVolumeClaimArgs;
  serviceAccount: kubernetes.core.v1.ServiceAccountArgs;
  role: kubernetes.rbac.v1.RoleArgs;
  roleBinding: kubernetes.rbac.v1.RoleBindingArgs;
  clusterRole: kubernetes.rbac.v1.ClusterRoleArgs;
  clusterRoleBinding: kubernetes.rbac.v1.ClusterRoleBindingArgs;
  horizontalPodAutoscaler: kubernetes.autoscaling.v2.HorizontalPodAutoscalerArgs;
  podDisruptionBudget: kubernetes.policy.v1.PodDisruptionBudgetArgs;
  networkPolicy: kubernetes.networking.v1.NetworkPolicyArgs;
  ingress: kubernetes.networking.v1.IngressArgs;
  certificate: kubernetes.apiextensions.CustomResourceArgs;
  gateway: kubernetes.apiextensions.CustomResourceArgs;
  httpRoute: kubernetes.apiextensions.CustomResourceArgs;
  backendTlsPolicy: kubernetes.apiextensions.CustomResourceArgs;
}

/** A change for every kind of child that needs one: the way to any field that the Workload does not have. */
export type Transforms = { [Kind in keyof ChildArguments]?: Transform<ChildArguments[Kind]> };

/** The arguments of a child after the user's transform, if there is one. */
export function transformed<Kind extends keyof ChildArguments>(
  transforms: Transforms,
  kind: Kind,
  child: TransformedChild,
  args: ChildArguments[Kind],
): ChildArguments[Kind] {
  return transforms[kind]?.(args, child) ?? args;
}
