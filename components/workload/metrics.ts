import { initialReplicas } from "./defaults";
import type { Ref, Workload } from "./types";

/** A workload whose every replica serves Prometheus metrics: what a scraper has to know about it. */
export interface MetricsTarget {
  /** Part of the system it belongs to, e.g. `app`; becomes the label `tier`. */
  tier: string;
  /** The workload; `ref.fullName` becomes the label `workload`. */
  ref: Ref;
  /** Name of the port in `ref.ports` that serves the metrics. */
  port: string;
  /** HTTP path of the metrics. @default "/metrics" */
  path?: string;
  /**
   * Which of several pages of one workload this is; then the job and the label `workload` are called `<fullName>-<part>`, so that
   * nothing counts the workload's replicas twice. @default the workload's only one @example "upstreams"
   */
  part?: string;
  /** Fewest replicas there should be: the fixed number, or the auto-scaler's lower bound. Fewer raise an alert. */
  minimum: number;
}

/** What a target is called: its workload's name, and the part where it is one of several. */
export function targetName({ ref, part }: Pick<MetricsTarget, "ref" | "part">): string {
  return part === undefined ? ref.fullName : `${ref.fullName}-${part}`;
}

/** The metrics target of a workload, undefined when the workload serves no metrics. */
export function metricsTarget(tier: string, ref: Ref, workload: Workload): MetricsTarget | undefined {
  if (!workload.metrics) return undefined;
  const { port, path } = workload.metrics;
  return { tier, ref, port, ...(path === undefined ? {} : { path }), minimum: initialReplicas(workload) };
}
