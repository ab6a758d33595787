import type { Rule } from "../core/rule";
import { autoscalerLabelsRule } from "./autoscaler-labels";
import { autoscalerRangeRule } from "./autoscaler-range";
import { autoscalerReplicasRule } from "./autoscaler-replicas";
import { autoscalerRequestsRule } from "./autoscaler-requests";
import { autoscalerTargetRule } from "./autoscaler-target";
import { disruptionBudgetBlockingRule } from "./disruption-budget-blocking";
import { disruptionBudgetRule } from "./disruption-budget";
import { ingressBackendRule } from "./ingress-backend";
import { replicasRule } from "./replicas";
import { selectorMatchesRule } from "./selector-matches";
import { serviceSelectorRule } from "./service-selector";
import { spreadRule } from "./spread";
import { volumePinnedRule } from "./volume-pinned";
import { workloadScaleRule } from "./workload-scale";

/** Staying up when something goes. */
export const availabilityRules: readonly Rule[] = [
  autoscalerLabelsRule,
  autoscalerRangeRule,
  autoscalerReplicasRule,
  autoscalerRequestsRule,
  autoscalerTargetRule,
  disruptionBudgetBlockingRule,
  disruptionBudgetRule,
  ingressBackendRule,
  replicasRule,
  selectorMatchesRule,
  serviceSelectorRule,
  spreadRule,
  volumePinnedRule,
  workloadScaleRule,
];
