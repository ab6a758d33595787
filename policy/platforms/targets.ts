import type { View } from "../core/resource";
import { nameOf, namespaceOf, type StackIndex } from "../core/stack-index";

const SCALED = ["apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet"];

/** The workload a HorizontalPodAutoscaler points at; undefined when the stack has none. @throws Undecided */
export function targetOf(autoscaler: View, index: StackIndex): View | undefined {
  const target = autoscaler.props.at("spec", "scaleTargetRef");
  const [kind, name] = [target.at("kind").text(), target.at("name").text()];
  return index
    .around(autoscaler, ...SCALED)
    .find((view) => view.kind.endsWith(`/${kind}`) && nameOf(view) === name && namespaceOf(view) === namespaceOf(autoscaler));
}

/** Every autoscaler of the stack, as items for `eachView`. */
export function autoscalers(index: StackIndex): { view: View }[] {
  return index.ofKind("autoscaling/HorizontalPodAutoscaler").map((view) => ({ view }));
}
