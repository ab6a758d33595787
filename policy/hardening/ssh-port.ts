import { defineRule } from "../core/rule";
import { containersOf, CONTAINER_KINDS } from "../platforms/containers";

export const sshPortRule = defineRule({
  id: "hardening-ssh-port",
  group: "hardening",
  title: "No container opens SSH or another remote shell.",
  severity: "medium",
  why: "A shell server in a container is a second way in, with its own keys and without the platform's audit.",
  fix: "Use docker exec or kubectl exec.",
  example: `ports: [{ name: "http", containerPort: 3001 }]`,
  frameworks: ["CIS Docker 5.7"],
  kinds: CONTAINER_KINDS,
  parameters: {
    ports: {
      type: "array",
      items: { type: "string" },
      description: "Ports of remote shells.",
      default: ["22", "23", "2222", "3389", "5900"],
    },
  },
  check({ view, props, report, each, parameter }) {
    const shells = new Set(parameter<string[]>("ports"));
    const lists =
      view.kind === "docker/Service"
        ? [{ list: props.at("endpointSpec", "ports"), field: "targetPort" }]
        : view.kind === "docker/Container"
          ? [{ list: props.at("ports"), field: "internal" }]
          : containersOf(view).map(({ at }) => ({ list: at.at("ports"), field: "containerPort" }));
    each(lists, ({ list, field }) => {
      each(list.list(), (entry) => {
        const port = entry.at(field);
        if (shells.has(port.text() ?? "")) report(`port ${port.text()} is open`, port);
      });
    });
  },
});
