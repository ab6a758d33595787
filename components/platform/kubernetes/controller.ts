import type * as kubernetes from "@pulumi/kubernetes";
import {
  convergeSeconds,
  initialReplicas,
  isAutoScale,
  secondsToUnhealthy,
  timingOf,
  updateOf,
  type Volume,
  type Workload,
} from "../../workload";
import { claimVolume } from "./files";
import { bytesText } from "./names";

type PodTemplate = kubernetes.types.input.core.v1.PodTemplateSpec;
type Selector = kubernetes.types.input.meta.v1.LabelSelector;
type ClaimSpec = kubernetes.types.input.core.v1.PersistentVolumeClaimSpec;

/** Tells the provider not to wait: readiness of the pods is what their controller is waited for. */
export const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" };

/** Old ReplicaSets kept for `kubectl rollout undo`. */
const HISTORY = 5;

/** Seconds for what no probe counts: scheduling, pulling the image, starting the container. */
const START_SECONDS = 60;

/** Times a failed job is tried again. */
const JOB_RETRIES = 3;

/** Size of a volume where nothing is said. */
const DEFAULT_SIZE = "10Gi";

/**
 * Seconds a replica of a service has to stay ready before it counts, where the workload does not say: a release that crashes some
 * seconds after its start would be ready each time for a moment, and take the place of replica after replica that served.
 */
const SETTLE_SECONDS = 10;

/** Seconds a new replica has to stay ready before it counts, so that one that crashes soon after its start stops the update. */
function minReadySeconds(workload: Workload): number {
  const settle = workload.kind === "service" ? SETTLE_SECONDS : 0;
  return Math.ceil(Math.max(updateOf(workload).delay, workload.update?.monitor ?? settle));
}

/** Seconds without any progress after which an update has failed: the longest start of one replica. */
function progressDeadline(workload: Workload): number {
  const { startPeriod } = timingOf(workload.health.live);
  return Math.ceil(startPeriod + secondsToUnhealthy(workload.health.live) + minReadySeconds(workload) + START_SECONDS);
}

/** How long the provider waits for the controller: Pulumi's own annotation. */
export function awaitAnnotations(workload: Workload): Record<string, string> {
  return { "pulumi.com/timeoutSeconds": String(convergeSeconds(workload)) };
}

/** How many replicas: none said where a HorizontalPodAutoscaler says it, because each `up` would set them back. */
function replicas(workload: Workload): { replicas?: number } {
  return isAutoScale(workload.scale) ? {} : { replicas: initialReplicas(workload) };
}

/** Surge is start-first; without it the old pod goes first. */
function rollingUpdate(workload: Workload): { maxSurge: number; maxUnavailable: number } {
  const { order, parallelism } = updateOf(workload);
  return order === "start-first" ? { maxSurge: parallelism, maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: parallelism };
}

export function deploymentSpec(
  workload: Workload,
  selector: Selector,
  template: PodTemplate,
): kubernetes.types.input.apps.v1.DeploymentSpec {
  return {
    ...replicas(workload),
    selector,
    template,
    strategy: { type: "RollingUpdate", rollingUpdate: rollingUpdate(workload) },
    minReadySeconds: minReadySeconds(workload),
    progressDeadlineSeconds: progressDeadline(workload),
    revisionHistoryLimit: HISTORY,
  };
}

/** What a volume asks of the cluster. */
export function claimSpec(volume: Volume, className: string | undefined): ClaimSpec {
  return {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: bytesText(volume.size ?? DEFAULT_SIZE) } },
    ...(className === undefined ? {} : { storageClassName: className }),
  };
}

export function statefulSetSpec(
  workload: Workload,
  selector: Selector,
  template: PodTemplate,
  settings: { serviceName: string; className: string | undefined; claimLabels: Record<string, string> },
): kubernetes.types.input.apps.v1.StatefulSetSpec {
  const volumes = workload.volumes ?? [];
  const keep = volumes.some((volume) => volume.retain ?? true);
  return {
    ...replicas(workload),
    selector,
    template,
    serviceName: settings.serviceName,
    // Replicas are told apart by their volumes only, and a broken one must not stand in the way of its own repair.
    podManagementPolicy: "Parallel",
    updateStrategy: { type: "RollingUpdate" },
    minReadySeconds: minReadySeconds(workload),
    revisionHistoryLimit: HISTORY,
    ...(volumes.length > 0
      ? {
          persistentVolumeClaimRetentionPolicy: { whenDeleted: keep ? "Retain" : "Delete", whenScaled: "Retain" },
          volumeClaimTemplates: volumes.map((volume) => ({
            metadata: { name: claimVolume(volume.name), labels: settings.claimLabels },
            spec: claimSpec(volume, settings.className),
          })),
        }
      : {}),
  };
}

export function daemonSetSpec(workload: Workload, selector: Selector, template: PodTemplate): kubernetes.types.input.apps.v1.DaemonSetSpec {
  return {
    selector,
    template,
    updateStrategy: { type: "RollingUpdate", rollingUpdate: rollingUpdate(workload) },
    minReadySeconds: minReadySeconds(workload),
    revisionHistoryLimit: HISTORY,
  };
}

export function jobSpec(workload: Workload, template: PodTemplate): kubernetes.types.input.batch.v1.JobSpec {
  const count = initialReplicas(workload);
  return {
    template,
    parallelism: count,
    completions: count,
    backoffLimit: JOB_RETRIES,
    activeDeadlineSeconds: convergeSeconds(workload),
  };
}
