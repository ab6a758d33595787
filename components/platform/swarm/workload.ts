import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
  bytes,
  convergeSeconds,
  exemptionInputs,
  initialReplicas,
  isAutoScale,
  millicores,
  stopOf,
  writableOf,
  type Ref,
  type ResourceAmounts,
  type Workload,
} from "../../workload";
import { duration, healthcheck } from "./health";
import { serviceLabels, stackLabels, type Deployment } from "./labels";
import { configName } from "./names";
import { SwarmSecret } from "./secret";
import { publishes, swarmUpdateOf } from "./update";

/** What a Swarm workload is made of. */
export interface SwarmWorkloadArgs {
  ref: Ref;
  workload: Workload;
  deployment: Deployment;
  networks: docker.Network[];
  suspended: boolean;
  /** Whether the Swarm has one node only. */
  singleNode: boolean;
}

/** Memory-backed directories are writable for every user of the container; the engine drops a sticky bit. */
const TMPFS_MODE = 0o777;

/** Seconds between the end of a replica and its replacement; Swarm has no growing backoff, so it is neither short nor long. */
const RESTART_DELAY_SECONDS = 2;

/** Seconds a replica has to run for its restart to count as a crash of its own and not as part of a loop. */
const RESTART_WINDOW_SECONDS = 60;

/** What a volume that outlives the stack says to policies, which cannot see `retainOnDelete`. */
const RETAINED = { "policy.testbro.ai/retained": "true" };

/** Node label over which replicas are spread where a workload names none; nodes without it count as one group. */
const SPREAD = "zone";

/** One Workload as a Swarm service with its configs and volumes. */
export class SwarmWorkload extends pulumi.ComponentResource {
  /** The service; undefined while the platform is suspended. */
  readonly service: docker.Service | undefined;
  /** Swarm configs by path in the container. */
  readonly configs: Readonly<Record<string, docker.ServiceConfig>>;
  /** Volumes by name within the workload. */
  readonly volumes: Readonly<Record<string, docker.Volume>>;

  constructor(name: string, args: SwarmWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:swarm:Workload", name, exemptionInputs(exemptions(args)), opts);
    this.volumes = this.createVolumes(name, args);
    this.configs = args.suspended ? {} : this.createConfigs(name, args);
    this.service = args.suspended ? undefined : this.createService(name, args);
    this.registerOutputs();
  }

  private createVolumes(name: string, { workload, deployment }: SwarmWorkloadArgs): Record<string, docker.Volume> {
    const entries = (workload.volumes ?? []).map((volume) => {
      const fullName = `${name}-${volume.name}`;
      // A fixed name, so that a later deployment finds the data again; Docker hands back a volume that is already there.
      const retain = volume.retain ?? true;
      const resource = new docker.Volume(
        fullName,
        { name: fullName, labels: stackLabels(deployment, retain ? RETAINED : {}) },
        { parent: this, retainOnDelete: retain },
      );
      return [volume.name, resource] as const;
    });
    return Object.fromEntries(entries);
  }

  private createConfigs(name: string, { workload, deployment }: SwarmWorkloadArgs): Record<string, docker.ServiceConfig> {
    const entries = Object.entries(workload.files ?? {}).map(([path, file]) => {
      const data = pulumi.output(file.content).apply((text) => Buffer.from(text, "utf8").toString("base64"));
      const resource = new docker.ServiceConfig(configName(name, path), { data, labels: stackLabels(deployment) }, { parent: this });
      return [path, resource] as const;
    });
    return Object.fromEntries(entries);
  }

  private createService(name: string, args: SwarmWorkloadArgs): docker.Service {
    const { ref, workload, deployment } = args;
    const update = swarmUpdateOf(workload);
    const change = {
      parallelism: update.parallelism,
      delay: duration(update.delay),
      monitor: duration(update.monitor),
      order: update.order,
      maxFailureRatio: "0",
    };
    const daemon = workload.kind === "daemon";
    return new docker.Service(
      name,
      {
        name: ref.fullName,
        labels: serviceLabels(deployment, workload),
        mode: daemon ? { global: true } : { replicated: { replicas: initialReplicas(workload) } },
        taskSpec: {
          containerSpec: this.containerSpec(args),
          networksAdvanceds: args.networks.map((network) => ({ id: network.id })),
          resources: { limits: amounts(workload.resources.limits), reservation: amounts(workload.resources.reservations) },
          restartPolicy: {
            condition: "any",
            delay: duration(RESTART_DELAY_SECONDS),
            window: duration(RESTART_WINDOW_SECONDS),
            maxAttempts: 0,
          },
          placement: placement(workload),
          logDriver: { name: "json-file", options: { "max-size": "10m", "max-file": "3" } },
        },
        endpointSpec: endpoint(workload),
        updateConfig: { ...change, failureAction: update.failure },
        rollbackConfig: { ...change, failureAction: "pause" },
        ...(daemon ? {} : { convergeConfig: { delay: "1s", timeout: duration(convergeSeconds(workload)) } }),
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        ...(isAutoScale(workload.scale) ? { ignoreChanges: ["mode.replicated.replicas"] } : {}),
      },
    );
  }

  private containerSpec({ ref, workload }: SwarmWorkloadArgs): docker.types.input.ServiceTaskSpecContainerSpec {
    const { security } = workload;
    const ports = Object.fromEntries((workload.ports ?? []).map((port) => [port.name, port.container]));
    const stop = stopOf(workload);
    const owner = { fileUid: String(security.user.uid), fileGid: String(security.user.gid), fileMode: 0o400 };
    return {
      image: workload.image,
      ...(workload.command ? { commands: workload.command } : {}),
      ...(workload.args ? { args: workload.args } : {}),
      env: workload.env ?? {},
      user: `${security.user.uid}:${security.user.gid}`,
      ...(security.groups?.length ? { groups: security.groups.map(String) } : {}),
      readOnly: security.readOnlyRoot ?? true,
      capDrops: ["ALL"],
      ...(security.capabilities?.length ? { capAdds: security.capabilities } : {}),
      // Reaps what the process leaves behind and hands signals on.
      init: true,
      healthcheck: healthcheck(ref, workload.health.live, ports),
      stopGracePeriod: duration(stop.grace),
      stopSignal: stop.signal,
      secrets: Object.entries(workload.secrets ?? {}).map(([fileName, secret]) => {
        if (!(secret instanceof SwarmSecret) || !secret.resource) {
          throw new pulumi.ResourceError(
            `${ref.name}.secrets[${fileName}]: secret "${secret.name}" is of another platform; make it with this platform's secret()`,
            this,
          );
        }
        return { secretId: secret.resource.id, secretName: secret.resource.name, fileName, ...owner };
      }),
      configs: Object.entries(this.configs).map(([fileName, config]) => ({
        configId: config.id,
        configName: config.name,
        fileName,
        ...owner,
        fileMode: 0o444,
      })),
      mounts: [
        ...writableOf(workload).map(({ path, size }) => ({
          type: "tmpfs",
          target: path,
          tmpfsOptions: { mode: TMPFS_MODE, sizeBytes: bytes(size) },
        })),
        ...(workload.volumes ?? []).map((volume) => ({
          type: "volume",
          target: volume.path,
          source: this.volumes[volume.name]?.name,
        })),
        ...Object.entries(workload.hostSockets ?? {}).map(([target, source]) => ({ type: "bind", target, source })),
      ],
    };
  }
}

function amounts(amount: ResourceAmounts): { nanoCpus: number; memoryBytes: number } {
  return { nanoCpus: millicores(amount.cpu) * 1_000_000, memoryBytes: bytes(amount.memory) };
}

function placement(workload: Workload): docker.types.input.ServiceTaskSpecPlacement {
  const { labels = {}, spread } = workload.placement ?? {};
  return {
    constraints: Object.entries(labels).map(([label, value]) => `node.labels.${label}==${value}`),
    prefs: initialReplicas(workload) > 1 || spread ? [`spread=node.labels.${spread ?? SPREAD}`] : [],
  };
}

/** Policies that one node alone cannot keep, beside those the workload names itself. */
function exemptions({ workload, singleNode, suspended }: SwarmWorkloadArgs): Record<string, string> {
  if (suspended) return {};
  const one = "the Swarm has one node";
  const replicas = initialReplicas(workload);
  return {
    ...(singleNode && workload.volumes?.length ? { "availability-volume-pinned": `${one}, where every volume is` } : {}),
    ...(singleNode && publishes(workload) && replicas === 1 ? { "availability-replicas": `${one}, and its ports have one owner` } : {}),
    ...workload.policyExemptions,
  };
}

/**
 * DNS round robin, never a virtual IP: the balancer sees every replica. Published ports are on the node itself, so that
 * the balancer sees the client's address.
 */
function endpoint(workload: Workload): docker.types.input.ServiceEndpointSpec {
  const ports = (workload.ports ?? []).flatMap((port) =>
    port.publish
      ? [
          {
            name: port.name,
            targetPort: port.container,
            publishedPort: port.publish.port,
            publishMode: "host",
            protocol: port.protocol ?? "tcp",
          },
        ]
      : [],
  );
  return { mode: "dnsrr", ...(ports.length > 0 ? { ports } : {}) };
}
