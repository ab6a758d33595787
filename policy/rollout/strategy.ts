import { defineRule } from "../core/rule";
import { keepsData } from "../platforms/tiers";

export const strategyRule = defineRule({
  id: "rollout-strategy",
  group: "rollout",
  title: "A Deployment is replaced pod by pod without losing capacity.",
  severity: "medium",
  why: "Recreate is an outage at every release, and a large maxUnavailable is one under load.",
  fix: "Use RollingUpdate with maxUnavailable 0 and maxSurge 1 or more.",
  example: `strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }`,
  kinds: ["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet"],
  parameters: {
    maxUnavailablePercent: {
      type: "number",
      description: "Largest share of pods, in percent, that may be away during an update.",
      default: 25,
      minimum: 0,
      maximum: 100,
    },
  },
  check({ view, props, report, parameter, scope }) {
    const spec = props.at("spec");
    const strategy = spec.at(view.kind === "apps/Deployment" ? "strategy" : "updateStrategy");
    const type = strategy.at("type").text() ?? "RollingUpdate";
    if (type === "OnDelete") return report("new versions wait until somebody deletes the pods", strategy);
    if (type === "Recreate") return keepsData(view) ? undefined : report("every release stops all pods first", strategy);
    scope(() => {
      const unavailable = strategy.at("rollingUpdate", "maxUnavailable");
      const text = unavailable.text();
      if (text === undefined) return;
      const replicas = spec.at("replicas").number() ?? 4;
      const percent = text.endsWith("%") ? parseFloat(text) : (100 * Number(text)) / replicas;
      if (percent > parameter<number>("maxUnavailablePercent")) report(`${text} pods may be away during an update`, unavailable);
    });
    scope(() => {
      if (
        /^0+%?$/.test(strategy.at("rollingUpdate", "maxSurge").text() ?? "") &&
        /^0+%?$/.test(strategy.at("rollingUpdate", "maxUnavailable").text() ?? "")
      )
        report("neither a surge nor an absence is allowed, so that nothing can be updated", strategy);
    });
  },
});
