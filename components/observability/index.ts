export * from "./alerting-options";
export * from "./options";
export * from "./rules";
export { BALANCER_RECORDED, builtinRules, RECORDED } from "./builtin";
export { checkAlerting } from "./check-alerting";
export { checkRules, checkSettings } from "./check";
export { prometheusConfig, toYaml, type PrometheusConfig } from "./config";
export { alertmanagerConfig } from "./alertmanager-config";
export { ObservabilityTier } from "./tier";
