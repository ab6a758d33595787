export { KubernetesPlatform } from "./platform";
export { KubernetesWorkload, type KubernetesWorkloadArgs } from "./workload";
export { KubernetesSecret } from "./secret";
export type { AutoscalingSettings, CustomMetric, DnsSettings, KubernetesPlatformArgs, PublishSettings } from "./settings";
export type { ChildArguments, Transform, TransformedChild, Transforms } from "./transforms";
