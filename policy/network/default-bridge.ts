import { defineRule } from "../core/rule";

export const defaultBridgeRule = defineRule({
  id: "network-default-bridge",
  group: "network",
  title: "A container is on a network of its own tier, not on Docker's default bridge.",
  severity: "medium",
  why: "On the default bridge every container of the host reaches every other, and names do not resolve.",
  fix: "Create a network and attach the container to it.",
  example: `networksAdvanced: [{ name: network.id }]`,
  frameworks: ["CIS Docker 5.30"],
  kinds: ["docker/Container"],
  check({ props, report }) {
    const mode = props.at("networkMode").text() ?? "default";
    if (mode !== "default" && mode !== "bridge") return;
    if (props.at("networksAdvanced").list().length === 0) report("the container is on the default bridge", props.at("networksAdvanced"));
  },
});
