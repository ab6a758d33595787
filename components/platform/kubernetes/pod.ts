import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { stopOf, type Ref, type ResourceAmounts, type Workload } from "../../workload";
import type { Mounts } from "./files";
import { bytesText, cpuText, selectorLabels } from "./names";
import { probesOf } from "./probes";
import type { Settings } from "./settings";

type PodTemplate = kubernetes.types.input.core.v1.PodTemplateSpec;
type Container = kubernetes.types.input.core.v1.Container;
type Toleration = kubernetes.types.input.core.v1.Toleration;

/** What a pod is made of besides its workload. */
export interface PodParts {
  ref: Ref;
  workload: Workload;
  settings: Settings;
  mounts: Mounts;
  serviceAccount: pulumi.Input<string>;
  priorityClass: pulumi.Input<string> | undefined;
  labels: Record<string, string>;
}

/** Second a resolver may use an answer again, and one to open its connection: what is added to the age of the cluster's own answers. */
const RESOLVER_SECONDS = 2;

/** Seconds until a replica on a node that went silent is replaced elsewhere; Kubernetes' own default is five minutes. */
const NODE_LOSS_SECONDS = 30;

/** A name with fewer dots is first looked for in the namespace; all names used here are complete and have more. */
const NAMES_WITHIN = "2";

/**
 * Seconds a replica serves on as if nothing were, after it was told to go and before SIGTERM: until no DNS answer names it any more,
 * and where it is published until no node sends to it. Zero where nobody balances to it.
 */
export function preStopSeconds(workload: Workload, { dns, publish }: Settings): number {
  const published = workload.ports?.some((port) => port.publish) ?? false;
  const balanced = stopOf(workload).drain > 0;
  return Math.max(balanced ? dns.ttl + RESOLVER_SECONDS : 0, published ? publish.drain : 0);
}

/** Disk of the node: the log, which the kubelet cuts at some ten MiB a file, and what a writable image gets. Volumes do not count. */
const NODE_DISK = { reserved: "64Mi", limit: "1Gi" };

function amounts({ cpu, memory }: ResourceAmounts, disk: string): Record<string, string> {
  return { cpu: cpuText(cpu), memory: bytesText(memory), "ephemeral-storage": disk };
}

function container({ ref, workload, settings, mounts }: PodParts): Container {
  const { security, resources } = workload;
  const preStop = preStopSeconds(workload, settings);
  const env: kubernetes.types.input.core.v1.EnvVar[] = Object.entries(workload.env ?? {}).map(([name, value]) => ({ name, value }));
  if (workload.observesNode) env.push({ name: "NODE_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } });
  const ports = (workload.ports ?? []).map(({ name, container: containerPort, protocol = "tcp" }) => ({
    name,
    containerPort,
    protocol: protocol.toUpperCase(),
  }));
  return {
    name: ref.name,
    image: workload.image,
    imagePullPolicy: "IfNotPresent",
    ...(workload.command ? { command: workload.command } : {}),
    ...(workload.args?.length ? { args: workload.args } : {}),
    ...(env.length > 0 ? { env } : {}),
    ...(ports.length > 0 ? { ports } : {}),
    ...probesOf(workload),
    // The kubelet's own pause: the image needs no `sleep` for it (Kubernetes 1.30 and later).
    ...(preStop > 0 ? { lifecycle: { preStop: { sleep: { seconds: preStop } } } } : {}),
    resources: { requests: amounts(resources.reservations, NODE_DISK.reserved), limits: amounts(resources.limits, NODE_DISK.limit) },
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: security.readOnlyRoot ?? true,
      capabilities: { drop: ["ALL"], ...(security.capabilities?.length ? { add: security.capabilities } : {}) },
    },
    ...(mounts.mounts.length > 0 ? { volumeMounts: mounts.mounts } : {}),
  };
}

function spread({ ref, workload, settings }: PodParts): kubernetes.types.input.core.v1.TopologySpreadConstraint[] {
  if (workload.kind === "daemon" || workload.kind === "job") return [];
  const given = workload.placement?.spread;
  const labels = [given, "zone", "host"].filter((label) => label !== undefined).map((label) => settings.nodeLabels[label] ?? label);
  return [...new Set(labels)].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    // Never a reason not to run: when a zone is lost, the others have to take its replicas.
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: selectorLabels(settings.prefix, ref) },
    // In an update only the new pods count, or the old ones would push them together.
    ...(workload.kind === "service" ? { matchLabelKeys: ["pod-template-hash"] } : {}),
  }));
}

/** Leaves a lost node soon. A stateful replica stays: two writers on one volume are worse than none. What observes nodes leaves out none. */
function tolerations(workload: Workload): Toleration[] {
  if (workload.observesNode) return [{ operator: "Exists" }];
  if (workload.kind !== "service") return [];
  return ["not-ready", "unreachable"].map((taint) => ({
    key: `node.kubernetes.io/${taint}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: NODE_LOSS_SECONDS,
  }));
}

/** Whether the pod gets a token of its account. */
function hasToken({ access, scrapesNodes = [] }: Workload): boolean {
  return access !== undefined || scrapesNodes.length > 0;
}

/** A workload's pod: one container, restricted in every way Pod Security asks for, except that what observes its node can see it. */
export function podTemplate(parts: PodParts): PodTemplate {
  const { ref, workload, settings, mounts, priorityClass } = parts;
  const { uid, gid } = workload.security.user;
  const nodeSelector = Object.fromEntries(
    Object.entries(workload.placement?.labels ?? {}).map(([label, value]) => [settings.nodeLabels[label] ?? label, value]),
  );
  const constraints = spread(parts);
  const tolerated = tolerations(workload);
  return {
    metadata: { labels: { ...parts.labels, ...selectorLabels(settings.prefix, ref) } },
    spec: {
      serviceAccountName: parts.serviceAccount,
      automountServiceAccountToken: hasToken(workload),
      enableServiceLinks: false,
      ...(workload.observesNode ? { hostNetwork: true } : {}),
      ...(workload.kind === "job" ? { restartPolicy: "Never" } : {}),
      terminationGracePeriodSeconds: Math.ceil(preStopSeconds(workload, settings) + stopOf(workload).grace),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: gid,
        // Volumes, secrets and writable directories belong to this group. Files that are there already are left alone: PostgreSQL
        // refuses to start on data that its group may write.
        fsGroup: gid,
        fsGroupChangePolicy: "OnRootMismatch",
        ...(workload.security.groups?.length ? { supplementalGroups: workload.security.groups } : {}),
        seccompProfile: { type: "RuntimeDefault" },
      },
      dnsConfig: { options: [{ name: "ndots", value: NAMES_WITHIN }] },
      ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
      ...(settings.imagePullSecrets.length > 0 ? { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) } : {}),
      ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
      ...(tolerated.length > 0 ? { tolerations: tolerated } : {}),
      ...(constraints.length > 0 ? { topologySpreadConstraints: constraints } : {}),
      containers: [container(parts)],
      ...(mounts.volumes.length > 0 ? { volumes: mounts.volumes } : {}),
    },
  };
}
