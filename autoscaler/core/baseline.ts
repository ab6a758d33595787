import { type Sample } from "./statistics";

/** Memory of the target-tracking rule. JSON. */
export interface BaselineState {
  /** The count the rule holds. */
  readonly desired: number;
  /** Time of its next evaluation, seconds; 0 before the first. */
  readonly next: number;
  /** Sum and number of the samples since its last evaluation. */
  readonly sum: number;
  readonly count: number;
  /** Recommendations of the stabilisation window, falling: each the highest from its time on. */
  readonly recommendations: readonly Sample[];
}

export interface BaselineSettings {
  /** Load one replica should get. */
  readonly target: number;
  readonly min: number;
  readonly max: number;
  /** Deviation that is ignored. @default 0.1, --horizontal-pod-autoscaler-tolerance */
  readonly tolerance: number;
  /** Seconds the highest recommendation is kept. @default 300, --horizontal-pod-autoscaler-downscale-stabilization */
  readonly stabilization: number;
}

/** Seconds between two evaluations: --horizontal-pod-autoscaler-sync-period. */
export const BASELINE_SYNC_SECONDS = 15;
/** Kubernetes' own defaults. */
export const KUBERNETES_DEFAULTS = { tolerance: 0.1, stabilization: 300 } as const;

/** A rule that holds `desired` replicas and has seen nothing. */
export function startBaseline(desired: number): BaselineState {
  return { desired, next: 0, sum: 0, count: 0, recommendations: [] };
}

/**
 * One step of plain target tracking as the Kubernetes Horizontal Pod Autoscaler does it for a request rate: every 15 s `ceil(mean load / target)`,
 * nothing within the tolerance, down to the highest recommendation of the stabilisation window.
 * Source: kubernetes.io, "Horizontal Pod Autoscaling", algorithm details.
 */
export function stepBaseline(state: BaselineState, time: number, load: number | undefined, settings: BaselineSettings): BaselineState {
  const sum = state.sum + (load ?? 0);
  const count = state.count + (load === undefined ? 0 : 1);
  const next = state.next === 0 ? time : state.next;
  if (time < next - 1e-6) return { ...state, next, sum, count };
  const following = next + BASELINE_SYNC_SECONDS * Math.max(1, Math.floor((time - next) / BASELINE_SYNC_SECONDS) + 1);
  if (count === 0) return { ...state, next: following };
  const mean = sum / count;
  const ratio = mean / (settings.target * state.desired);
  const raw = Math.abs(ratio - 1) <= settings.tolerance ? state.desired : Math.ceil(mean / settings.target - 1e-9);
  const wanted = Math.min(settings.max, Math.max(settings.min, raw));
  const kept = state.recommendations.filter((entry) => entry.time > time - settings.stabilization && entry.value > wanted);
  const recommendations = [...kept, { time, value: wanted }];
  const desired = wanted >= state.desired ? wanted : Math.min(state.desired, (recommendations[0] as Sample).value);
  return { desired, next: following, sum: 0, count: 0, recommendations };
}
