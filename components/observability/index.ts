export * from "./options";
export * from "./rules";
export { builtinRules, RECORDED } from "./builtin-rules";
export { prometheusConfig, toYaml, type PrometheusConfig } from "./config";
export { alertmanagerConfig } from "./alertmanager";
export { ObservabilityTier } from "./tier";
