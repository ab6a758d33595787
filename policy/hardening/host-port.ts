import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const hostPortRule = defineRule({
  id: "hardening-host-port",
  group: "hardening",
  title: "No pod takes a port of its node.",
  severity: "medium",
  why: "A host port passes by Services and many network policies, and only one pod a node can have it.",
  fix: "Use a Service; for a balancer a LoadBalancer or NodePort Service.",
  example: `ports: [{ name: "http", containerPort: 3001 }]`,
  frameworks: ["CIS Kubernetes 5.2.13", "PSS baseline"],
  kinds: POD_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), ({ at, label }) => {
      each(at.at("ports").list(), (entry) => {
        const port = entry.at("hostPort");
        if ((port.number() ?? 0) > 0) report(`${label} takes port ${port.text()} of the node`, port);
      });
    });
  },
});
