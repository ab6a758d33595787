import { setTimeout as sleep } from "node:timers/promises";
import type { ReadEngine } from "./engine";
import { Trouble } from "./trouble";

/** What of an engine is shown. */
export interface ViewOptions {
  /** Services of this stack alone (label `com.docker.stack.namespace`). */
  project: string;
  /** Name of the network over which replicas are reached; the engine may have put a suffix to it. */
  network: string;
}

/** The part of the engine's services that is read. */
interface EngineService {
  ID?: string;
  Spec?: { Name?: string; Labels?: Record<string, string> | null };
}

/** The part of the engine's tasks that is read. */
interface EngineTask {
  ID?: string;
  ServiceID?: string;
  NodeID?: string;
  Slot?: number;
  DesiredState?: string;
  Status?: { State?: string };
  NetworksAttachments?: { Network?: { ID?: string }; Addresses?: string[] }[] | null;
}

interface EngineNetwork {
  Id?: string;
  Name?: string;
  Labels?: Record<string, string> | null;
}

/** Services, tasks and the network as Traefik gets to see them. */
export interface Picture {
  services: object[];
  tasks: { ServiceID: string }[];
  networks: object[];
}

const PROJECT_LABEL = "com.docker.stack.namespace";

/** Labels that say how to choose among a service's replicas. Those of routers, middlewares and TLS are not a service's to say. */
const SHOWN_LABEL = /^traefik\.(enable$|http\.services\.[a-z0-9-]+\.loadbalancer\.)/;

/** How long a picture is shown to questions that belong together: one look of Traefik asks for services, networks and each service's tasks. */
const PICTURE_MS = 200;

/** Milliseconds for which a round of questions may go on with what it began with: the engine may take its time to fail. */
const CONTINUED_MS = 10_000;

/** Milliseconds between two looks of its own. */
const LOOK_MS = 5000;

function shownLabels(labels: Record<string, string> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => SHOWN_LABEL.test(name)));
}

function isShown({ Spec }: EngineService, { project }: ViewOptions): boolean {
  const labels = Spec?.Labels ?? {};
  return labels[PROJECT_LABEL] === project && labels["traefik.enable"] === "true";
}

/** Pulumi puts seven hexadecimal digits to a name that it chose. */
function isNetwork({ Name = "", Labels }: EngineNetwork, { project, network }: ViewOptions): boolean {
  if (Labels?.[PROJECT_LABEL] !== project) return false;
  const rest = Name.startsWith(network) ? Name.slice(network.length) : undefined;
  return rest !== undefined && /^(-plain)?(-[0-9a-f]{7})?$/.test(rest);
}

/**
 * What Traefik has to know, and nothing else: of the stack's labelled services their names, labels and the addresses of their replicas
 * that run and are to go on running. No environment, mount, secret, image or other service shows.
 */
export function draw(services: EngineService[], tasks: EngineTask[], networks: EngineNetwork[], options: ViewOptions): Picture {
  const shown = services.filter((service) => isShown(service, options));
  const ids = new Set(shown.map(({ ID }) => ID));
  const reached = networks.filter((network) => isNetwork(network, options));
  const networkIds = new Set(reached.map(({ Id }) => Id));
  return {
    services: shown.map(({ ID, Spec }) => ({
      ID,
      Spec: { Name: Spec?.Name, Labels: shownLabels(Spec?.Labels), Mode: { Replicated: {} }, EndpointSpec: { Mode: "dnsrr" } },
    })),
    tasks: tasks
      .filter((task) => ids.has(task.ServiceID) && task.Status?.State === "running" && task.DesiredState === "running")
      .map((task) => ({
        ID: task.ID,
        ServiceID: task.ServiceID ?? "",
        Slot: task.Slot,
        DesiredState: "running",
        Status: { State: "running" },
        NetworksAttachments: (task.NetworksAttachments ?? [])
          .filter((attachment) => networkIds.has(attachment.Network?.ID))
          .map(({ Network, Addresses }) => ({ Network: { ID: Network?.ID }, Addresses })),
      })),
    networks: reached.map(({ Id, Name }) => ({ Id, Name, Driver: "overlay", Scope: "swarm" })),
  };
}

/** Looks at the engine, at most once in a moment however often it is asked. */
export class View {
  #picture: Promise<Picture> | undefined;
  #taken = -Infinity;
  #good: { picture: Picture; at: number } | undefined;

  constructor(
    private readonly read: ReadEngine,
    private readonly options: ViewOptions,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws Error with the engine's own words, and again at the next question */
  picture(): Promise<Picture> {
    if (this.#picture === undefined || this.now() - this.#taken > PICTURE_MS) {
      this.#taken = this.now();
      const taken = this.#look();
      this.#picture = taken;
      taken.then(
        (picture) => (this.#good = { picture, at: this.now() }),
        () => {
          if (this.#picture === taken) this.#picture = undefined;
        },
      );
    }
    return this.#picture;
  }

  /**
   * The picture for a question that belongs to an earlier one: where the engine has failed in between, the one that question got. Traefik asks
   * for services first and then for the tasks of each, and would leave out a service whose tasks it does not get.
   * @throws Error with the engine's own words, where the last good picture is older than such questions are apart
   */
  async continued(): Promise<Picture> {
    try {
      return await this.picture();
    } catch (error) {
      if (this.#good && this.now() - this.#good.at < CONTINUED_MS) return this.#good.picture;
      throw error;
    }
  }

  /** Looks again and again until the signal, so that somebody knows whether the engine answers also while nobody asks. */
  async run(signal: AbortSignal, say: (line: string) => void): Promise<void> {
    const trouble = new Trouble(say);
    while (!signal.aborted) {
      try {
        await this.picture();
        trouble.over("the engine answers again");
      } catch (error) {
        trouble.met(error as Error, (why) => `the engine cannot be read: ${why}`);
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** When the engine was last read, milliseconds since 1970; undefined: never. */
  get readAt(): number | undefined {
    return this.#good?.at;
  }

  async #look(): Promise<Picture> {
    const filter = (filters: Record<string, string[]>) => encodeURIComponent(JSON.stringify(filters));
    const label = `${PROJECT_LABEL}=${this.options.project}`;
    const [services, tasks, networks] = await Promise.all([
      this.read(`/services?filters=${filter({ label: [label] })}`),
      this.read(`/tasks?filters=${filter({ "desired-state": ["running"] })}`),
      this.read(`/networks?filters=${filter({ label: [label] })}`),
    ]);
    return draw(services as EngineService[], tasks as EngineTask[], networks as EngineNetwork[], this.options);
  }
}
