export { AutoScaler } from "./autoscaler";
export { autoscalerRules } from "./rules";
export type { AutoScalerOptions, AutoScalerRefs, MetricsSource, ScalingPaces, ScalingQueries } from "./options";
