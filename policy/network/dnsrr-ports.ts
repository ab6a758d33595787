import { defineRule } from "../core/rule";

export const dnsrrPortsRule = defineRule({
  id: "network-dnsrr-ports",
  group: "network",
  title: "A Swarm service without virtual address publishes its ports in host mode.",
  severity: "high",
  why: "The routing mesh needs the virtual address; Docker refuses the service, after everything before it has been changed.",
  fix: "Set publishMode: host, or endpoint mode vip.",
  example: `endpointSpec: { mode: "dnsrr", ports: [{ targetPort: 443, publishedPort: 443, publishMode: "host" }] }`,
  kinds: ["docker/Service"],
  check({ props, report, each }) {
    const endpoint = props.at("endpointSpec");
    if (endpoint.at("mode").text() !== "dnsrr") return;
    each(endpoint.at("ports").list(), (port) => {
      if ((port.at("publishMode").text() ?? "ingress") !== "host")
        report("an ingress port cannot be published without a virtual address", port);
    });
  },
});
