import { defineRule } from "../core/rule";

export const attachableRule = defineRule({
  id: "network-attachable",
  group: "network",
  title: "A Swarm network takes services only, not any container.",
  severity: "low",
  why: "On an attachable overlay everybody with access to one node's engine joins the tier's network.",
  fix: "Set attachable: false.",
  example: `new docker.Network("data", { driver: "overlay", attachable: false })`,
  kinds: ["docker/Network"],
  check({ props, report }) {
    if (props.at("driver").text() === "overlay" && props.at("attachable").flag() === true)
      report("the overlay is attachable", props.at("attachable"));
  },
});
