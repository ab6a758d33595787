import type Docker from "dockerode";
import { isManaged } from "./gate";
import { ScaleRefused, type ManagedService, type Target } from "./target";

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const NUMBER = "com.docker.compose.container-number";
const ONE_OFF = "com.docker.compose.oneoff";
/** Seconds a leaving container is given to finish its requests where its own configuration says nothing. */
const STOP_SECONDS = 30;

/** Characters of a container's id that the engine uses as its host name and as an alias. */
const SHORT_ID = 12;

/** Services of one Compose project on one engine. A replica is a container cloned with the next number; the newest leaves first. */
export class ComposeTarget implements Target {
  private configured: ReadonlySet<string> = new Set();

  constructor(
    private readonly docker: Docker,
    private readonly project: string,
  ) {}

  async list(configured: ReadonlySet<string>): Promise<ManagedService[]> {
    this.configured = configured;
    const byService = new Map<string, Docker.ContainerInfo[]>();
    for (const container of await this.containers()) {
      const name = container.Labels[SERVICE] ?? "";
      if (isManaged(container.Labels, name, configured)) byService.set(name, [...(byService.get(name) ?? []), container]);
    }
    return Promise.all(
      [...byService].map(async ([name, containers]) => {
        const first = containers[0] as Docker.ContainerInfo;
        const details = await this.docker.getContainer(first.Id).inspect();
        const running = containers.filter((container) => container.State === "running");
        const memory = details.HostConfig.MemoryReservation || details.HostConfig.Memory;
        return {
          name,
          labels: first.Labels,
          desired: containers.length,
          // an engine says "(health: starting)" or "(unhealthy)" in the status of a container with a health check
          ready: running.filter((container) => !/\((health: starting|unhealthy)\)/.test(container.Status)).length,
          containers: running.map((container) => container.Id),
          ...(details.HostConfig.NanoCpus ? { cpuBase: details.HostConfig.NanoCpus } : {}),
          ...(memory ? { memoryBase: memory } : {}),
          revision: first.Labels["com.docker.compose.config-hash"] ?? details.Image,
        };
      }),
    );
  }

  async scale(service: string, count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1)
      throw new ScaleRefused(`${count} is no number of replicas for a Compose service: one has to stay to be cloned`);
    const containers = (await this.containers()).filter(
      (container) => container.Labels[SERVICE] === service && isManaged(container.Labels, service, this.configured),
    );
    if (containers.length === 0) throw new ScaleRefused(`${service} has no container labelled for scaling in project ${this.project}`);
    const ordered = containers.sort((a, b) => numberOf(a) - numberOf(b));
    const first = ordered[0] as Docker.ContainerInfo;
    const taken = new Set(ordered.map(numberOf));
    for (let have = ordered.length, number = 1; have < count; number++) {
      if (taken.has(number)) continue;
      await this.clone(first.Id, service, number);
      have++;
    }
    await Promise.all(ordered.slice(count).map((container) => this.remove(container.Id)));
  }

  private async containers(): Promise<Docker.ContainerInfo[]> {
    const all = await this.docker.listContainers({ all: true, filters: JSON.stringify({ label: [`${PROJECT}=${this.project}`] }) });
    return all.filter(
      (container) =>
        container.Labels[SERVICE] !== undefined &&
        !/^true$/i.test(container.Labels[ONE_OFF] ?? "") &&
        ["running", "created", "restarting"].includes(container.State),
    );
  }

  private async clone(id: string, service: string, number: number): Promise<void> {
    const source = await this.docker.getContainer(id).inspect();
    const published = Object.values(source.HostConfig.PortBindings ?? {}).flat() as ({ HostPort?: string } | null)[];
    if (published.some((binding) => binding?.HostPort)) {
      throw new ScaleRefused(
        `${service} publishes a fixed host port, which two containers cannot share; publish it on the balancer instead`,
      );
    }
    const name = `${this.project}-${service}-${number}`;
    const networks = Object.entries(source.NetworkSettings.Networks ?? {}).map(([network, endpoint]) => {
      const old = source.Name.replace(/^\//, "");
      const aliases = (endpoint.Aliases ?? []).filter((alias: string) => alias !== old && alias !== source.Id.slice(0, SHORT_ID));
      return [network, { Aliases: aliases }] as const;
    });
    const { Hostname: hostname, ...config } = source.Config;
    const created = await this.docker.createContainer({
      name,
      ...config,
      // an engine's own host name is the container's id: the clone gets its own
      ...(source.Id.startsWith(hostname) ? {} : { Hostname: hostname }),
      Labels: { ...config.Labels, [NUMBER]: String(number) },
      HostConfig: source.HostConfig,
      NetworkingConfig: { EndpointsConfig: Object.fromEntries(networks.slice(0, 1)) },
    } as Docker.ContainerCreateOptions);
    for (const [network, endpoint] of networks.slice(1))
      await this.docker.getNetwork(network).connect({ Container: created.id, EndpointConfig: endpoint });
    await created.start();
  }

  /** SIGTERM, its own drain within the grace period, then removal. */
  private async remove(id: string): Promise<void> {
    const container = this.docker.getContainer(id);
    const { Config: config } = await container.inspect();
    await container.stop({ t: (config as { StopTimeout?: number }).StopTimeout ?? STOP_SECONDS }).catch(ignore(304, 404));
    await container.remove({ v: false }).catch(ignore(404, 409));
  }
}

function numberOf(container: Docker.ContainerInfo): number {
  return Number(container.Labels[NUMBER] ?? 0);
}

function ignore(...codes: number[]): (error: { statusCode?: number }) => void {
  return (error) => {
    if (!codes.includes(error.statusCode ?? 0)) throw error as unknown as Error;
  };
}
