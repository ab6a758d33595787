import { mergeOptions, type DeepPartial } from "./merge";
import type { Health, Probe, Workload } from "./types";

/** Keys of a probe that say how it asks; exactly one of them belongs to a probe. */
const PROBE_ACTIONS = ["http", "tcp", "exec"] as const;

/** Fields of a workload that a user sets over a tier's own, at any depth. */
export type WorkloadOverrides = DeepPartial<Workload>;

function overrideProbe(base: Probe | undefined, overrides: DeepPartial<Probe>): Probe {
  if (base === undefined) return overrides as Probe;
  const action = PROBE_ACTIONS.find((key) => key in overrides);
  if (action === undefined || action in base) return mergeOptions(base, overrides);
  const timing = Object.fromEntries(Object.entries(base).filter(([key]) => !(PROBE_ACTIONS as readonly string[]).includes(key)));
  return mergeOptions(timing, overrides) as Probe;
}

/**
 * `base` with a user's `overrides` laid over it, field by field at every depth (see {@link mergeOptions}). Where a field is one of
 * several forms the override's form wins whole: `scale` is replaced, and a probe that asks another way keeps only its timing.
 * Neither argument is changed.
 */
export function overrideWorkload(base: Workload, overrides: WorkloadOverrides | undefined): Workload {
  if (overrides === undefined) return base;
  const { scale, health, ...rest } = overrides;
  const merged = mergeOptions(base, rest as WorkloadOverrides);
  const probes: Partial<Health> = {};
  for (const key of ["live", "ready", "startup"] as const) {
    const given = health?.[key];
    if (given !== undefined) probes[key] = overrideProbe(base.health[key], given as DeepPartial<Probe>);
  }
  return {
    ...merged,
    health: { ...base.health, ...probes },
    scale: (scale as Workload["scale"] | undefined) ?? base.scale,
  };
}
