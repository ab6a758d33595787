import { isAutoScale, type Probe, type ProbeTiming, type Stop, type Update, type WritableDirectory, type Workload } from "./types";

/** Health timing where a probe says nothing: interval 30 s, timeout 10 s, 3 retries, start period 60 s. */
export const DEFAULT_TIMING: Required<ProbeTiming> = { interval: 30, timeout: 10, retries: 3, startPeriod: 60 };

/** Seconds added to the health check's worst case before an update is believed: container start and scheduling. */
export const MONITOR_MARGIN_SECONDS = 5;

/** Seconds between the end of the drain and SIGKILL, for requests still open when the drain ends. */
const GRACE_AFTER_DRAIN_SECONDS = 25;

/** A probe with every timing filled in. */
export function timingOf(probe: ProbeTiming): Required<ProbeTiming> {
  return {
    interval: probe.interval ?? DEFAULT_TIMING.interval,
    timeout: probe.timeout ?? DEFAULT_TIMING.timeout,
    retries: probe.retries ?? DEFAULT_TIMING.retries,
    startPeriod: probe.startPeriod ?? DEFAULT_TIMING.startPeriod,
  };
}

/** Seconds until a replica that never answers is known to be unhealthy, start period not counted: retries·(interval + timeout). */
export function secondsToUnhealthy(probe: ProbeTiming): number {
  const { interval, timeout, retries } = timingOf(probe);
  return retries * (interval + timeout);
}

/** Shortest `update.monitor` that can see a failing health check: retries·(interval+timeout) + 5 s. */
export function shortestMonitor(live: Probe): number {
  return secondsToUnhealthy(live) + MONITOR_MARGIN_SECONDS;
}

/** Update settings with every default filled in. */
export function updateOf(workload: Workload): Required<Update> {
  const update = workload.update ?? {};
  return {
    order: update.order ?? (workload.kind === "stateful" ? "stop-first" : "start-first"),
    parallelism: update.parallelism ?? 1,
    delay: update.delay ?? 0,
    monitor: update.monitor ?? shortestMonitor(workload.health.live),
    failure: update.failure ?? "rollback",
  };
}

/** Stop settings with every default filled in. */
export function stopOf(workload: Workload): Required<Stop> {
  const stop = workload.stop ?? {};
  const drain = stop.drain ?? 0;
  return { drain, grace: stop.grace ?? drain + GRACE_AFTER_DRAIN_SECONDS, signal: stop.signal ?? "SIGTERM" };
}

/** Replicas to start with: the fixed number, or the lower bound. */
export function initialReplicas(workload: Workload): number {
  return isAutoScale(workload.scale) ? workload.scale.min : workload.scale.replicas;
}

/** Most replicas there can be: the fixed number, or the upper bound. */
export function mostReplicas(workload: Workload): number {
  return isAutoScale(workload.scale) ? workload.scale.max : workload.scale.replicas;
}

/**
 * Seconds within which a whole update must have settled: for every batch the longest start (start period plus the time to
 * be found unhealthy), the monitor, the old replica's grace and the delay, once forward and once back for a rollback.
 */
export function convergeSeconds(workload: Workload): number {
  const update = updateOf(workload);
  const { startPeriod } = timingOf(workload.health.live);
  const batch = startPeriod + secondsToUnhealthy(workload.health.live) + update.monitor + stopOf(workload).grace + update.delay;
  const batches = Math.max(1, Math.ceil(mostReplicas(workload) / update.parallelism));
  return Math.ceil(2 * batches * batch) + 60;
}

/** Size of a writable directory where none is given. */
const WRITABLE_SIZE = "64Mi";

/** A workload's writable directories with every default. */
export function writableOf({ security }: Workload): Required<WritableDirectory>[] {
  return (security.writable ?? []).map((given) => ({ size: WRITABLE_SIZE, ...(typeof given === "string" ? { path: given } : given) }));
}
