import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { isManaged } from "./gate";
import { ScaleRefused, type ManagedService, type Target } from "./target";

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const NUMBER = "com.docker.compose.container-number";
const ONE_OFF = "com.docker.compose.oneoff";
/** Seconds a leaving container is given to finish its requests where its own configuration says nothing. */
const STOP_SECONDS = 30;

/** Seconds an engine may take to kill and tidy away a container that did not stop by itself. */
const KILL_SECONDS = 15;

/** Between two looks at a container that is being stopped. */
const POLL_MILLISECONDS = 500;

/** Characters of a container's id that the engine uses as its host name and as an alias. */
const SHORT_ID = 12;

/**
 * Seconds between two removals. An engine gives a container's address out until it has stopped, and balancers believe it a little
 * longer: one address that nobody answers at is made up for by the next try, several at once are not.
 */
const FORGET_SECONDS = 5;

/**
 * Services of one Compose project on one engine. A replica is a container cloned with the next number; the newest leaves first.
 * Leaving takes time (each finishes its requests, one after the other), so `scale` only begins it: who is to leave no longer counts.
 */
export class ComposeTarget implements Target {
  private configured: ReadonlySet<string> = new Set();
  /** Ids of containers that are to leave, and whether they have been told to stop. */
  private readonly leaving = new Map<string, { readonly service: string; stopping: boolean }>();

  /** @param forgetSeconds between two removals */
  constructor(
    private readonly docker: Docker,
    private readonly project: string,
    private readonly forgetSeconds = FORGET_SECONDS,
  ) {}

  async list(configured: ReadonlySet<string>): Promise<ManagedService[]> {
    this.configured = configured;
    const byService = new Map<string, Docker.ContainerInfo[]>();
    for (const container of await this.staying()) {
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
    const all = (await this.containers()).filter(
      (container) => container.Labels[SERVICE] === service && isManaged(container.Labels, service, this.configured),
    );
    if (all.length === 0) throw new ScaleRefused(`${service} has no container labelled for scaling in project ${this.project}`);
    const ordered = all.filter(({ Id }) => !this.leaving.get(Id)?.stopping).sort((a, b) => numberOf(a) - numberOf(b));
    const [first] = ordered;
    if (first === undefined) throw new ScaleRefused(`every container of ${service} is being taken away`);
    const taken = new Set(all.map(numberOf));
    for (let have = ordered.length, number = 1; have < count; number++) {
      if (taken.has(number)) continue;
      await this.clone(first.Id, service, number);
      have++;
    }
    // Whoever has not been told to stop yet may be wanted again.
    for (const { Id: id } of ordered.slice(0, count)) this.leaving.delete(id);
    const idle = [...this.leaving.values()].every((each) => each.service !== service);
    for (const { Id: id } of ordered.slice(count).reverse()) {
      if (!this.leaving.has(id)) this.leaving.set(id, { service, stopping: false });
    }
    if (idle) void this.takeAway(service);
  }

  /** Takes a service's leaving containers away, one after the other. One that cannot be taken away counts again. */
  private async takeAway(service: string): Promise<void> {
    for (;;) {
      const [id, state] = [...this.leaving].find(([, each]) => each.service === service) ?? [];
      if (id === undefined || state === undefined) return;
      state.stopping = true;
      try {
        await this.remove(id);
        await sleep(this.forgetSeconds * 1000, undefined, { ref: false });
      } catch (error) {
        console.error(`${service}: container ${id.slice(0, SHORT_ID)} could not be taken away: ${(error as Error).message}`);
      } finally {
        this.leaving.delete(id);
      }
    }
  }

  private async staying(): Promise<Docker.ContainerInfo[]> {
    return (await this.containers()).filter(({ Id }) => !this.leaving.has(Id));
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
    const found = await container.inspect().catch(ignore(404));
    if (found === undefined) return;
    const { Config: config } = found;
    const seconds = (config as { StopTimeout?: number }).StopTimeout ?? STOP_SECONDS;
    await container.stop({ t: seconds }).catch(async (error: { statusCode?: number }) => {
      // The client waits for no answer as long as a container may drain; the engine goes on without it.
      if (error.statusCode === undefined) await ended(container, seconds + KILL_SECONDS);
      else ignore(304, 404)(error);
    });
    await container.remove({ v: false }).catch(ignore(404, 409));
  }
}

/** Waits until a container does not run. @throws Error after `seconds` */
async function ended(container: Docker.Container, seconds: number): Promise<void> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(POLL_MILLISECONDS)) {
    const running = await container.inspect().then(({ State: state }) => state.Running, ignore(404));
    if (!running) return;
    if (Date.now() > end) throw new Error(`it still runs ${seconds} s after it was told to stop`);
  }
}

function numberOf(container: Docker.ContainerInfo): number {
  return Number(container.Labels[NUMBER] ?? 0);
}

function ignore(...codes: number[]): (error: { statusCode?: number }) => undefined {
  return (error) => {
    if (!codes.includes(error.statusCode ?? 0)) throw error as unknown as Error;
    return undefined;
  };
}
