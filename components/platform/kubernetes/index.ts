export { KubernetesPlatform } from "./platform";
export type { KubernetesWorkloadArgs } from "./children";
export { KubernetesWorkload } from "./workload";
export { KubernetesSecret } from "./secret";
export type { AutoscalingSettings, CustomMetric, DnsSettings, KubernetesPlatformArgs, PublishSettings } from "./settings";
export { KubernetesEntrance } from "./entrance/entrance";
export type { EntranceCertificate, EntranceSettings } from "./entrance/settings";
export type { ChildArguments, Transform, TransformedChild, Transforms } from "./transforms";
