import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";
import { capabilitiesOf, capability } from "./capabilities";

export const addedCapabilitiesRule = defineRule({
  id: "hardening-added-capabilities",
  group: "hardening",
  title: "No container adds a capability beyond the harmless ones.",
  severity: "high",
  why: "SYS_ADMIN, NET_ADMIN, SYS_PTRACE and their like are ways out of a container.",
  fix: "Remove the capability, or allow it by parameter where the service cannot do without.",
  example: `capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] }`,
  frameworks: ["CIS Docker 5.4", "CIS Kubernetes 5.2.9", "PSS restricted"],
  kinds: CONTAINER_KINDS,
  parameters: {
    allowed: { type: "array", items: { type: "string" }, description: "Capabilities that may be added.", default: ["NET_BIND_SERVICE"] },
  },
  check({ view, report, each, parameter }) {
    const allowed = new Set(parameter<string[]>("allowed").map(capability));
    each(containersOf(view), (container) => {
      each(capabilitiesOf(container).add.list(), (entry) => {
        const name = capability(entry.text() ?? "");
        if (!allowed.has(name)) report(`${container.label} adds ${name}`, entry);
      });
    });
  },
});
