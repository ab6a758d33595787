import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";
import { quantity } from "../platforms/quantity";

export const quantitiesRule = defineRule({
  id: "resources-quantities",
  group: "resources",
  title: "A memory quantity is at least a few mebibytes and CPU is below a whole rack.",
  severity: "high",
  why: "`512m` of memory is half a byte and `1000` cores cannot be scheduled; Kubernetes takes both without a word.",
  fix: "Write memory as `512Mi` and CPU as `500m` or `1`.",
  example: `resources: { limits: { memory: "512Mi", cpu: "1" } }`,
  kinds: POD_KINDS,
  parameters: { maxCores: { type: "number", description: "Largest number of cores that is believed.", default: 128, minimum: 1 } },
  check({ view, report, each, parameter }) {
    each(containersOf(view), ({ at, label }) => {
      for (const side of ["requests", "limits"]) {
        each(at.at("resources", side).entries(), ([name, value]) => {
          const amount = quantity(value.text());
          if (amount === undefined) report(`${label}: ${name} "${value.text()}" is not a quantity`, value);
          else if ((name === "memory" || name === "ephemeral-storage") && amount > 0 && amount < 4 * 2 ** 20)
            report(`${label}: ${name} ${value.text()} is ${amount} bytes`, value);
          else if (name === "cpu" && amount > parameter<number>("maxCores")) report(`${label}: ${amount} cores`, value);
        });
      }
    });
  },
});
