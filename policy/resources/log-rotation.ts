import { defineRule } from "../core/rule";

export const logRotationRule = defineRule({
  id: "resources-log-rotation",
  group: "resources",
  title: "Docker's logs on disk are rotated.",
  severity: "medium",
  why: "The default json-file driver never deletes; a chatty service fills the host's disk and stops everything on it.",
  fix: "Set max-size and max-file, or a driver that keeps no files.",
  example: `logDriver: { name: "json-file", options: { "max-size": "10m", "max-file": "3" } }`,
  kinds: ["docker/Service", "docker/Container"],
  check({ view, props, report }) {
    const swarm = view.kind === "docker/Service";
    const driver = (swarm ? props.at("taskSpec", "logDriver", "name") : props.at("logDriver")).text() ?? "json-file";
    const options = swarm ? props.at("taskSpec", "logDriver", "options") : props.at("logOpts");
    if (driver === "none") return report("logs are thrown away", options);
    if (driver !== "json-file") return;
    for (const option of ["max-size", "max-file"]) if (!options.at(option).exists) report(`${option} is not set`, options);
  },
});
