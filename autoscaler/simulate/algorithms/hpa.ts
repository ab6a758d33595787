import { BASELINE_SYNC_SECONDS, KUBERNETES_DEFAULTS, startBaseline, stepBaseline, type BaselineState } from "../../core/baseline";
import { type Algorithm, type Bounds, type View } from "../model";

/** How the Kubernetes Horizontal Pod Autoscaler is set. */
export interface HpaOptions {
  /** Seconds the highest recommendation is kept before scaling down. @default 300 */
  readonly stabilization?: number;
  /** Deviation from the target that is ignored. @default 0.1 */
  readonly tolerance?: number;
}

/** Kubernetes on requests per second per replica: the rule that the planner also takes as its yardstick. */
export function hpaOnRate(bounds: Bounds, options: HpaOptions = {}): Algorithm {
  const settings = { ...KUBERNETES_DEFAULTS, ...options, target: bounds.targetRate, min: bounds.min, max: bounds.max };
  let state: BaselineState | undefined;
  return {
    name: "hpa-rps",
    step(view: View): number {
      state = stepBaseline(state ?? startBaseline(view.desired), view.time, view.load, settings);
      return state.desired;
    },
  };
}

/**
 * Kubernetes on CPU: `desired = ceil(ready · utilisation / target)` every 15 s on the mean since the last evaluation, nothing within the
 * tolerance, down to the highest recommendation of the stabilisation window; replicas that still start count as idle when it would scale up.
 */
export function hpaOnCpu(bounds: Bounds, options: HpaOptions = {}): Algorithm {
  const { tolerance, stabilization } = { ...KUBERNETES_DEFAULTS, ...options };
  let recommendations: { time: number; count: number }[] = [];
  let window: number[] = [];
  let next: number | undefined;

  const recommend = (view: View, utilization: number): number => {
    const ratio = utilization / bounds.targetUtilization;
    if (ratio <= 1 || view.ready >= view.desired)
      return Math.abs(ratio - 1) <= tolerance ? view.desired : Math.ceil(ratio * view.ready - 1e-9);
    const withStarting = (ratio * view.ready) / view.desired;
    return withStarting <= 1 + tolerance ? view.desired : Math.ceil(withStarting * view.desired - 1e-9);
  };

  return {
    name: "hpa-cpu",
    step(view: View): number {
      if (view.utilization !== undefined) window.push(view.utilization);
      next ??= view.time;
      if (view.time < next) return view.desired;
      next += BASELINE_SYNC_SECONDS;
      if (window.length === 0) return view.desired;
      const mean = window.reduce((sum, value) => sum + value, 0) / window.length;
      window = [];
      const wanted = Math.min(bounds.max, Math.max(bounds.min, recommend(view, mean)));
      recommendations = [...recommendations.filter((entry) => entry.time > view.time - stabilization), { time: view.time, count: wanted }];
      if (wanted >= view.desired) return wanted;
      return Math.min(view.desired, Math.max(...recommendations.map((entry) => entry.count)));
    },
  };
}
