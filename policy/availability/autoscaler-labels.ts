import { defineRule } from "../core/rule";
import { labelOf, labelsOf } from "../platforms/containers";

const NUMBERS = ["min_replicas", "max_replicas", "target_cpu", "target_memory"];

export const autoscalerLabelsRule = defineRule({
  id: "availability-autoscaler-labels",
  group: "availability",
  title: "The autoscaler.* labels of a service are complete, numeric and leave room.",
  severity: "medium",
  why: "A typing mistake in a label is not an error to Docker; the service silently stays at its size.",
  fix: "Set min below max, targets from 1 to 100 percent, and a start count between the bounds.",
  example: `{ label: "autoscaler.enable", value: "true" }, { label: "autoscaler.min_replicas", value: "2" }, { label: "autoscaler.max_replicas", value: "10" }`,
  kinds: ["docker/Service", "docker/Container"],
  check({ view, props, report }) {
    const at = props.at("labels");
    const enabled = labelOf(view, "autoscaler.enable");
    for (const [name] of labelsOf(view)) {
      const option = /^autoscaler\.(.+)$/.exec(name)?.[1];
      if (option && option !== "enable" && NUMBERS.includes(option) && !/^\d+(?:\.\d+)?$/.test(labelOf(view, name) ?? ""))
        report(`label ${name} is "${labelOf(view, name)}", not a number`, at);
    }
    if (enabled === undefined || enabled === "false") return;
    if (enabled !== "true") return report(`label autoscaler.enable is "${enabled}"`, at);
    const number = (option: string, fallback: number) => Number(labelOf(view, `autoscaler.${option}`) ?? fallback);
    // The auto-scaler's own defaults where a label is missing.
    const [min, max] = [number("min_replicas", 2), number("max_replicas", 10)];
    if (min < 1 || min >= max) report(`the bounds ${min} to ${max} leave no room`, at);
    for (const target of ["target_cpu", "target_memory"]) {
      const percent = number(target, 70);
      if (percent < 1 || percent > 100) report(`${target} is ${percent} %`, at);
    }
    const replicas = view.kind === "docker/Service" ? props.at("mode", "replicated", "replicas").number() : undefined;
    if (replicas !== undefined && (replicas < min || replicas > max))
      report(`the service starts with ${replicas} replicas, outside ${min} to ${max}`, props.at("mode"));
    if (view.kind === "docker/Service" && props.at("mode", "global").flag() === true)
      report("a global service cannot be scaled", props.at("mode"));
  },
});
