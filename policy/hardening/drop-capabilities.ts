import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";
import { capabilitiesOf, capability } from "./capabilities";

export const dropCapabilitiesRule = defineRule({
  id: "hardening-drop-capabilities",
  group: "hardening",
  title: "Every container drops all capabilities.",
  severity: "medium",
  why: "By default a container may forge packets, change owners and make device nodes, which no web service needs.",
  fix: "Drop ALL and add back what is really needed.",
  example: `securityContext: { capabilities: { drop: ["ALL"] } }   // Swarm: capDrops: ["ALL"]`,
  frameworks: ["CIS Docker 5.4", "CIS Kubernetes 5.2.8", "PSS restricted"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), (container) => {
      const { drop } = capabilitiesOf(container);
      if (!drop.texts().some((name) => capability(name) === "ALL")) report(`${container.label} does not drop all capabilities`, drop);
    });
  },
});
