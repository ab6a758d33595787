import { defineRule } from "../core/rule";
import { autoscalers, targetOf } from "../platforms/targets";

export const autoscalerReplicasRule = defineRule({
  id: "availability-autoscaler-replicas",
  group: "availability",
  title: "A workload under a HorizontalPodAutoscaler sets no replica count.",
  severity: "high",
  why: "Every deployment would set the count back, in the middle of the load that raised it.",
  fix: "Leave replicas out.",
  example: `spec: { selector, template }   // no replicas`,
  checkStack({ index, report, eachView }) {
    eachView(autoscalers(index), ({ view }) => {
      const target = targetOf(view, index);
      const replicas = target?.props.at("spec", "replicas");
      if (target && replicas!.written) report(target, "the replica count is set although an autoscaler owns it", replicas);
    });
  },
});
