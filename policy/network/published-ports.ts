import { defineRule } from "../core/rule";
import { imageName, labelOf } from "../platforms/containers";

export const publishedPortsRule = defineRule({
  id: "network-published-ports",
  group: "network",
  title: "Only the balancer publishes ports.",
  severity: "high",
  why: "A port published by Docker passes by the host's firewall and answers the internet, without TLS, rate limits and login.",
  fix: "Remove the port and route to the service through the balancer; for use on the host bind it to 127.0.0.1.",
  example: `ports: [{ internal: 9090, external: 9090, ip: "127.0.0.1" }]`,
  frameworks: ["CIS Docker 5.8", "CIS Docker 5.9", "CIS Docker 5.14", "NSA"],
  kinds: ["docker/Service", "docker/Container"],
  parameters: {
    balancers: {
      type: "string",
      description: "Regular expression for the name or image of a balancer.",
      default: "(?:^|[-_])(?:nginx|traefik|haproxy|caddy|envoy|balancer|load-?balancer|lb|edge|gateway|proxy)(?:$|[-_])",
    },
  },
  check({ view, props, report, each, parameter }) {
    const swarm = view.kind === "docker/Service";
    const ports = swarm
      ? props
          .at("endpointSpec", "ports")
          .list()
          .filter((port) => port.at("publishedPort").written || port.at("publishMode").written)
      : props.at("ports").list();
    if (!swarm && props.at("publishAllPorts").flag() === true) report("all ports are published", props.at("publishAllPorts"));
    if (ports.length === 0) return;
    const pattern = new RegExp(parameter<string>("balancers"), "i");
    if (pattern.test(view.name) || labelOf(view, "policy.testbro.ai/balancer") === "true") return;
    const image = swarm ? props.at("taskSpec", "containerSpec", "image") : props.at("image");
    if (pattern.test(imageName(image.text() ?? ""))) return;
    each(ports, (port) => {
      if (!swarm && /^(?:127\.|::1$|localhost$)/.test(port.at("ip").text() ?? "")) return;
      report(
        `port ${port.at(swarm ? "publishedPort" : "external").text() ?? port.at(swarm ? "targetPort" : "internal").text()} is published`,
        port,
      );
    });
  },
});
