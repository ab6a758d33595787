import { defineRule } from "../core/rule";
import { autoscalers, targetOf } from "../platforms/targets";

export const autoscalerTargetRule = defineRule({
  id: "availability-autoscaler-target",
  group: "availability",
  title: "A HorizontalPodAutoscaler points at a workload of the stack.",
  severity: "high",
  why: "A wrong name scales nothing and says so only in its events.",
  fix: "Take the name from the workload's metadata.",
  example: `scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name }`,
  checkStack({ index, report, eachView }) {
    eachView(autoscalers(index), ({ view }) => {
      const target = view.props.at("spec", "scaleTargetRef");
      const kind = target.at("kind").text();
      if (["Deployment", "StatefulSet", "ReplicaSet"].includes(kind ?? "") && !targetOf(view, index))
        report(view, `there is no ${kind} "${target.at("name").text()}" in the stack`, target);
    });
  },
});
