import { defineRule } from "../core/rule";

export const serviceTypeRule = defineRule({
  id: "network-service-type",
  group: "network",
  title: "Only the balancer's Service is reachable from outside the cluster.",
  severity: "high",
  why: "A NodePort opens a port on every node, a LoadBalancer a public address, past the balancer's TLS, limits and login. External addresses can take over other services' traffic (CVE-2020-8554).",
  fix: "Use ClusterIP and route through the balancer.",
  example: `spec: { type: "ClusterIP", … }`,
  frameworks: ["NSA"],
  kinds: ["core/Service"],
  parameters: {
    balancers: {
      type: "string",
      description: "Regular expression for the name of a balancer.",
      default: "(?:^|[-_])(?:nginx|traefik|haproxy|caddy|envoy|ingress|balancer|load-?balancer|lb|edge|gateway|proxy)(?:$|[-_])",
    },
  },
  check({ view, props, report, parameter, scope }) {
    const spec = props.at("spec");
    scope(() => {
      if (spec.at("externalIPs").list().length > 0) report("the service takes external addresses", spec.at("externalIPs"));
    });
    const type = spec.at("type").text() ?? "ClusterIP";
    if (["NodePort", "LoadBalancer"].includes(type) && !new RegExp(parameter<string>("balancers"), "i").test(view.name))
      report(`the service is a ${type}`, spec.at("type"));
  },
});
