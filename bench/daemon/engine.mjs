// A Swarm manager's engine as far as the auto-scaler asks it, on a unix socket, with objects as large as real ones.
import { createServer } from "node:http";

/** Environment, mounts and history that a real service carries about: some three kilobytes of JSON. */
const BAGGAGE = {
  ContainerSpec: {
    Image: `registry.example/shop/service@sha256:${"a".repeat(64)}`,
    Env: Array.from({ length: 20 }, (_, index) => `SETTING_NUMBER_${index}=the value of setting number ${index}`),
    Mounts: [{ Type: "volume", Source: "shop-data", Target: "/data" }],
    Secrets: Array.from({ length: 4 }, (_, index) => ({ File: { Name: `secret-${index}`, UID: "0" }, SecretID: `secret-id-${index}` })),
    Healthcheck: { Test: ["CMD", "/health"], Interval: 5e9, Timeout: 3e9, Retries: 3 },
    CapabilityDrop: ["ALL"],
    ReadOnly: true,
  },
  Networks: [{ Target: "network-edge", Aliases: ["service"] }, { Target: "network-data" }],
  RestartPolicy: { Condition: "any", Delay: 5e9, Window: 12e10 },
  LogDriver: { Name: "json-file", Options: { "max-size": "10m", "max-file": "3" } },
  ForceUpdate: 0,
  Runtime: "container",
};
/** The parts of a statistics answer that nobody here reads. */
const UNREAD = {
  precpu_stats: { cpu_usage: { total_usage: 0, percpu_usage: Array(8).fill(123_456_789) }, online_cpus: 8 },
  blkio_stats: { io_service_bytes_recursive: Array.from({ length: 6 }, (_, major) => ({ major, minor: 0, op: "read", value: 4096 })) },
  networks: Object.fromEntries(
    ["eth0", "eth1", "eth2"].map((name) => [name, { rx_bytes: 1e6, rx_packets: 1e4, tx_bytes: 1e6, tx_packets: 1e4 }]),
  ),
  pids_stats: { current: 23, limit: 200 },
};
const DATES = { CreatedAt: "2026-11-25T12:00:00.123456789Z", UpdatedAt: "2026-11-25T12:00:00.123456789Z" };
const RESERVED = { NanoCPUs: 5e8, MemoryBytes: 128e6 };
const NODES = 50;

/** Services, their tasks and containers, and the auto-scaler's lease. */
export class Engine {
  /** What was asked, by kind. @type {Map<string, number>} */
  asked = new Map();
  changes = 0;

  /** @param {{count: number, now: () => number, cpu: (index: number, replicas: number) => number}} options `cpu` is percent of the reservation */
  constructor({ count, now, cpu }) {
    this.now = now;
    this.cpu = cpu;
    this.services = Array.from({ length: count }, (_, index) => ({ index, name: `service-${index}`, version: 10, replicas: 2, text: "" }));
    this.byName = new Map(this.services.map((service) => [service.name, service]));
    this.configs = new Map();
    /** Nanoseconds of CPU that each container has used, and until when that is reckoned. @type {Map<string, {usage: number, at: number}>} */
    this.used = new Map();
    this.nodes = JSON.stringify(
      Array.from({ length: NODES }, (_, index) => ({
        ID: `node-${index}`,
        Version: { Index: 10 },
        ...DATES,
        Spec: { Role: index < 3 ? "manager" : "worker", Availability: "active", Labels: { type: "app" } },
        Status: { State: "ready" },
        Description: { Hostname: `node-${index}`, Resources: { NanoCPUs: 128e9, MemoryBytes: 512e9 } },
      })),
    );
  }

  /** @param {string} socket path */
  listen(socket) {
    this.server = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        const url = new URL(request.url ?? "/", "http://engine");
        const { status = 200, body } = this.answer(request.method, url.pathname, url.searchParams, Buffer.concat(parts).toString());
        response.writeHead(status, { "content-type": "application/json" });
        response.end(body);
      });
    });
    return new Promise((resolve) => this.server.listen(socket, () => resolve(undefined)));
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  answer(method, path, query, body) {
    const [, kind = "", id = "", action = ""] = path.split("/");
    this.asked.set(kind, (this.asked.get(kind) ?? 0) + 1);
    if (kind === "configs") return this.config(method, id, query, body);
    if (kind === "nodes") return { body: this.nodes };
    if (kind === "tasks") return { body: `[${this.services.flatMap((service) => this.tasks(service)).join(",")}]` };
    if (kind === "containers") return { body: this.stats(id) };
    if (kind === "services" && id === "") return { body: `[${this.services.map((service) => this.describe(service)).join(",")}]` };
    const service = this.byName.get(id);
    if (service === undefined) return { status: 404, body: '{"message":"no such service"}' };
    if (action !== "update") return { body: this.describe(service) };
    if (Number(query.get("version")) !== service.version) return { status: 500, body: '{"message":"update out of sequence"}' };
    service.version++;
    service.replicas = JSON.parse(body).Mode.Replicated.Replicas;
    service.text = "";
    this.changes++;
    return { body: "{}" };
  }

  describe(service) {
    const spec = {
      Name: service.name,
      Labels: {
        "autoscaler.enable": "true",
        "autoscaler.max_replicas": "10",
        "autoscaler.target_requests_per_second": "70",
        "com.docker.stack.namespace": "shop",
        "com.docker.stack.image": "registry.example/shop/service:1",
      },
      TaskTemplate: {
        ...BAGGAGE,
        Resources: { Limits: { ...RESERVED, NanoCPUs: 1e9 }, Reservations: RESERVED },
        Placement: { Constraints: ["node.labels.type==app"] },
      },
      Mode: { Replicated: { Replicas: service.replicas } },
      UpdateConfig: { Parallelism: 1, FailureAction: "rollback", Monitor: 3e10, Order: "start-first" },
      RollbackConfig: { Parallelism: 1, FailureAction: "pause", Order: "start-first" },
      EndpointSpec: { Mode: "dnsrr" },
    };
    service.text ||= JSON.stringify({
      ID: `id-${service.index}`,
      Version: { Index: service.version },
      ...DATES,
      Spec: spec,
      PreviousSpec: spec,
      Endpoint: { Spec: { Mode: "dnsrr" } },
    });
    return service.text;
  }

  tasks(service) {
    return Array.from({ length: service.replicas }, (_, replica) =>
      JSON.stringify({
        ID: `task-${service.index}-${replica}`,
        Version: { Index: 10 },
        ...DATES,
        ServiceID: `id-${service.index}`,
        NodeID: `node-${(service.index + replica) % NODES}`,
        Slot: replica + 1,
        DesiredState: "running",
        Spec: { ...BAGGAGE, Resources: { Reservations: RESERVED } },
        Status: { State: "running", ContainerStatus: { ContainerID: `${service.index.toString(16)}-${replica}`, PID: 4242 } },
      }),
    );
  }

  stats(id) {
    const [hex = "", replica] = id.split("-");
    const service = this.services[parseInt(hex, 16)];
    if (service === undefined || Number(replica) >= service.replicas) return '{"message":"no such container"}';
    const now = this.now();
    const before = this.used.get(id) ?? { usage: 0, at: now - 5 };
    const usage = before.usage + (now - before.at) * 5e8 * (this.cpu(service.index, service.replicas) / 100);
    this.used.set(id, { usage, at: now });
    return JSON.stringify({
      read: new Date(now * 1000).toISOString(),
      cpu_stats: { cpu_usage: { total_usage: usage, percpu_usage: Array(8).fill(usage / 8) }, online_cpus: 8 },
      memory_stats: {
        usage: 7e7,
        limit: 1.28e8,
        stats: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`counter_${index}`, index * 4096])),
      },
      ...UNREAD,
    });
  }

  config(method, id, query, body) {
    if (id === "create") {
      const spec = JSON.parse(body);
      this.configs.set(spec.Name, { ID: spec.Name, Version: { Index: 1 }, Spec: spec });
      return { status: 201, body: JSON.stringify({ ID: spec.Name }) };
    }
    if (id === "") return { body: JSON.stringify([...this.configs.values()]) };
    const config = this.configs.get(id);
    if (config === undefined) return { status: 404, body: '{"message":"no such config"}' };
    if (method === "DELETE") this.configs.delete(id);
    else Object.assign(config, { Version: { Index: Number(query.get("version")) + 1 }, Spec: JSON.parse(body) });
    return { body: "{}" };
  }
}
