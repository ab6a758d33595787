import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergeOptions } from "@testbro/components/workload";
import { App, type Reach } from "../swarm/app";
import { eventually } from "../swarm/commands";
import type { Served } from "../swarm/users";
import { Kubectl } from "./kubectl";
import { startMachine, stopMachine, openPulumi, type Machine } from "./machine";
import { configurationOf, Stack, type Configuration, type Pulumi } from "./stack";

/** Namespace of the production stack. */
export const NAMESPACE = "testbro-production";

/** Ports of every node. */
export const PORTS = { http: 30080, https: 30443 };

/** The image that the stack runs only when a test asks for it. */
const ADAPTER = "metrics-adapter";

/** Address of the API server, and of what else runs beside the nodes of a cluster from source. */
export const CONTROL_PLANE = "10.212.0.1";

/** Fewest replicas of backend and frontend, and of the balancer, as the production stack says. */
export const FEWEST = 3;

/** What the provisioner of the cluster from source calls itself. */
const PROVISIONER = "testbro.local/folder";

/** Requests and limits that fit a machine of two CPUs, with room for five backends and one more in an update. */
const amounts = (reserved: string, memory: string, limit: string) => ({
  resources: { limits: { cpu: limit, memory: "512Mi" }, reservations: { cpu: reserved, memory } },
});

const SMALL_ENOUGH: Configuration = {
  backend: { ...amounts("200m", "256Mi", "1"), scale: { max: 5 } },
  frontend: { ...amounts("60m", "192Mi", "500m"), scale: { max: 4 } },
  balancer: amounts("50m", "64Mi", "1"),
  postgres: { ...amounts("50m", "256Mi", "1"), storage: "1Gi" },
  redis: { ...amounts("50m", "64Mi", "500m"), storage: "1Gi" },
  // Prometheus keeps up to 4Gi, whatever the cluster is for.
  prometheus: { ...amounts("50m", "256Mi", "500m"), storage: "6Gi" },
};

/** Images that only a stack with Traefik has. */
const TRAEFIK_IMAGES = ["traefik", "discovery"];

/** The stack's images, as `npm test kubernetes` has saved them. */
function savedImages(): { archive: string; images: Record<string, string> } {
  const file = process.env["TESTBRO_CLUSTER_IMAGES"];
  assert.ok(file, "TESTBRO_CLUSTER_IMAGES is not set. Run it by: npm test kubernetes");
  return JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof savedImages>;
}

/** Does something and says how long it took. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const value = await work();
  console.log(`      ${what}: ${Math.round((Date.now() - started) / 1000)} s`);
  return value;
}

/** What a suite's cluster and stack are. */
export interface Wanted {
  nodes: number;
  /** What stands in front of the app. @default "nginx" */
  balancer?: "nginx" | "traefik";
  /** StorageClass of the volumes, and what becomes of them when nobody claims them any more. */
  storageClass: { name: string; reclaimPolicy: "Retain" | "Delete"; zone?: string };
}

/** Of the cluster's own Service, its pods' addresses and its own. */
const ADDRESSES = 'jsonpath={.items[*].endpoints[*].addresses[*]} {.items[*].spec.clusterIP}{"\\n"}';

interface Outputs {
  urls: { app: string; prometheus: string; balancer?: string };
  caPem: string;
  monitoringLogin: { user: string; password: string };
}

/** What the parts of a suite share, in the order in which they run. */
export class Context implements Served {
  keptRun = { id: "", name: "kept through everything" };
  keptJob = "";
  #folder: string | undefined;
  #machine: Machine | undefined;
  #pulumi: Pulumi | undefined;
  #stack: Stack | undefined;
  #app: App<Reach> | undefined;
  #apiServer: readonly string[] = [];

  constructor(private readonly wanted: Wanted) {}

  /** The balancer's workload. */
  get balancer(): "nginx" | "traefik" {
    return this.wanted.balancer ?? "nginx";
  }

  /** Of the cluster, the stack and what the tests write; made by {@link begin}. */
  get folder(): string {
    return this.#folder ?? assert.fail("the suite has not begun");
  }

  get machine(): Machine {
    return this.#machine ?? assert.fail("the cluster was not brought up");
  }

  get pulumi(): Pulumi {
    return this.#pulumi ?? assert.fail("Pulumi was not found");
  }

  get stack(): Stack {
    return this.#stack ?? assert.fail("the stack was not made");
  }

  get app(): App<Reach> {
    return this.#app ?? assert.fail("the stack was not brought up");
  }

  get kubectl(): Kubectl {
    const { kubectl, kubeconfig } = this.machine;
    return new Kubectl(kubectl, kubeconfig, NAMESPACE, this.folder);
  }

  private get home(): string {
    return join(this.folder, "c");
  }

  /** The image of a part that only some tests run. */
  get adapterImage(): string {
    return savedImages().images[ADAPTER] ?? assert.fail("the adapter's image was not saved");
  }

  /** The production stack on this cluster: another way to reach it, and less of everything. */
  configuration(): Configuration {
    const onRequest = [ADAPTER, ...(this.balancer === "traefik" ? [] : TRAEFIK_IMAGES)];
    const images = Object.fromEntries(Object.entries(savedImages().images).filter(([name]) => !onRequest.includes(name)));
    return mergeOptions(mergeOptions(configurationOf("production"), SMALL_ENOUGH), {
      loadBalancer: this.balancer,
      domain: "testbro.test",
      httpPort: PORTS.http,
      httpsPort: PORTS.https,
      images,
      kubernetes: {
        ...(this.balancer === "traefik" ? { apiServer: { cidrs: this.apiServer.map((address) => `${address}/32`) } } : {}),
        context: this.machine.context,
        kubeconfig: this.machine.kubeconfig,
        publish: "NodePort",
        storageClass: this.wanted.storageClass.name,
        // CoreDNS of the cluster from source: a TTL of 5 s, and a cache of 5 s.
        dnsSeconds: 10,
        scaleDownSeconds: 15,
      },
    });
  }

  /** Addresses that the API server is reached at, by the command that the documentation names. */
  get apiServer(): readonly string[] {
    return this.#apiServer;
  }

  /** A cluster with the stack's images and nothing in it. */
  async begin(): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), "tb-live-"));
    this.#pulumi = await openPulumi();
    this.#machine = await timed("cluster up", () => startMachine(this.home, this.wanted.nodes));
    await timed("images loaded", () => this.machine.loadImages([savedImages().archive]));
    const { name, reclaimPolicy, zone } = this.wanted.storageClass;
    await this.kubectl.apply({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner: PROVISIONER,
      reclaimPolicy,
      volumeBindingMode: "WaitForFirstConsumer",
      ...(zone ? { allowedTopologies: [{ matchLabelExpressions: [{ key: "topology.kubernetes.io/zone", values: [zone] }] }] } : {}),
    });
    const addresses = await this.kubectl.must("get", "endpointslices,services", "--namespace=default", "-o", ADDRESSES);
    this.#apiServer = addresses.trim().split(/\s+/);
    this.#stack = await Stack.make(this.pulumi, join(this.folder, "stack"), this.configuration());
  }

  /** `pulumi up`, and the app it leads to. */
  async up(changes?: Configuration): Promise<void> {
    await this.stack.up(changes);
    const { urls, caPem, monitoringLogin } = await this.stack.outputs<Outputs>();
    const caFile = join(this.folder, "ca.pem");
    writeFileSync(caFile, caPem);
    this.#app = new App<Reach>({ urls, caFile, monitoringLogin, address: this.machine.address });
  }

  /** Waits until at least so many replicas of a workload serve. */
  async replicas(workload: string, least: number, seconds: number): Promise<void> {
    await eventually(seconds, async () => {
      const ready = await this.kubectl.ready(workload);
      assert.ok(ready.length >= least, `${workload}: ${ready.length} of at least ${least} replicas are ready`);
    });
  }

  /** Takes everything away that there is, also after a start that failed. */
  async end(): Promise<void> {
    if (this.#folder === undefined) return;
    await stopMachine(this.home);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
