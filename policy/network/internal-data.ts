import { defineRule } from "../core/rule";

export const internalDataRule = defineRule({
  id: "network-internal-data",
  group: "network",
  title: "The network of the data tier is internal.",
  severity: "medium",
  why: "From an internal network nothing reaches the internet: a stolen dump stays inside.",
  fix: "Set internal: true on the network that data stores are on.",
  example: `new docker.Network("data", { driver: "overlay", internal: true })`,
  frameworks: ["NSA"],
  kinds: ["docker/Network"],
  parameters: {
    names: {
      type: "string",
      description: "Regular expression for names of data networks.",
      default: "(?:^|[-_])(?:data|database|db|postgres|redis|cache|storage)(?:$|[-_])",
    },
  },
  check({ view, props, report, parameter }) {
    if (new RegExp(parameter<string>("names"), "i").test(view.name) && props.at("internal").flag() !== true)
      report("the data network reaches the internet", props.at("internal"));
  },
});
