import { isDeepStrictEqual } from "node:util";
import { ScaleRefused } from "./target";

/** The part of a Swarm service's specification that the gate looks at. */
export interface ReplicatedSpec {
  readonly Name?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Mode?: { readonly Replicated?: { readonly Replicas?: number } };
}

/**
 * The only door to a change: takes the specification as it is and returns it with another count.
 *
 * @throws ScaleRefused when the service is not labelled or named for scaling, is not replicated, or the count is no count.
 */
export function withReplicas<T extends ReplicatedSpec>(spec: T, count: number, configured: ReadonlySet<string>): T {
  if (!isManaged(spec.Labels ?? {}, spec.Name ?? "", configured)) {
    throw new ScaleRefused(
      `${spec.Name ?? "the service"} has no label autoscaler.enable=true and is not in the settings; it is not scaled`,
    );
  }
  if (spec.Mode?.Replicated === undefined) throw new ScaleRefused(`${spec.Name ?? "the service"} is not in replicated mode`);
  if (!Number.isInteger(count) || count < 0) throw new ScaleRefused(`${count} is no number of replicas`);
  const next = { ...spec, Mode: { ...spec.Mode, Replicated: { ...spec.Mode.Replicated, Replicas: count } } };
  assertOnlyReplicas(spec, next);
  return next;
}

/** @throws ScaleRefused when anything but the count differs: image, environment, mounts, labels … */
export function assertOnlyReplicas(before: ReplicatedSpec, after: ReplicatedSpec): void {
  const blank = (spec: ReplicatedSpec) => ({ ...spec, Mode: { ...spec.Mode, Replicated: { ...spec.Mode?.Replicated, Replicas: 0 } } });
  if (!isDeepStrictEqual(blank(before), blank(after))) throw new ScaleRefused("a change of anything but the replica count was asked for");
}

/** Whether scaling was asked for: by label, or by name in the settings unless a label says no. */
export function isManaged(labels: Readonly<Record<string, string>>, name: string, configured: ReadonlySet<string>): boolean {
  const label = labels["autoscaler.enable"];
  return label === undefined ? configured.has(name) : /^(true|1|yes)$/i.test(label);
}
