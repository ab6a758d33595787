import { defineRule } from "../core/rule";
import { selects } from "../core/stack-index";
import { podOf } from "../platforms/containers";

export const selectorMatchesRule = defineRule({
  id: "availability-selector-matches",
  group: "availability",
  title: "A workload selects its own pods.",
  severity: "high",
  why: "The API server refuses a selector that does not match the template, in the middle of an update of everything else.",
  fix: "Use the same labels in selector and template.",
  example: `selector: { matchLabels: labels }, template: { metadata: { labels }, … }`,
  kinds: ["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet"],
  check({ view, props, report }) {
    const selector = props.at("spec", "selector");
    if (selector.at("matchLabels").entries().length === 0 && selector.at("matchExpressions").list().length === 0)
      return report("there is no selector", selector);
    if (!selects(selector, podOf(view)!.metadata.at("labels"))) report("the selector does not match the template's labels", selector);
  },
});
