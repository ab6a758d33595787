/** A node as far as room on it matters. */
export interface SwarmNode {
  readonly ID: string;
  readonly Spec?: { readonly Role?: string; readonly Availability?: string; readonly Labels?: Readonly<Record<string, string>> };
  readonly Description?: {
    readonly Hostname?: string;
    readonly Platform?: { readonly OS?: string; readonly Architecture?: string };
    readonly Resources?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number };
    readonly Engine?: { readonly Labels?: Readonly<Record<string, string>> };
  };
  readonly Status?: { readonly State?: string };
}

/** What a replica reserves: nanoseconds of CPU per second, bytes. */
export interface Reserved {
  readonly NanoCPUs?: number;
  readonly MemoryBytes?: number;
}

/** A task that holds its reservation on a node. */
export interface PlacedTask {
  readonly NodeID?: string;
  readonly ServiceID?: string;
  readonly reserved: Reserved;
}

/** What a service asks of the nodes. */
export interface Demand {
  readonly serviceId: string;
  readonly reserved: Reserved;
  readonly constraints: readonly string[];
  /** Replicas a node may hold at most; 0: no limit. */
  readonly mostPerNode: number;
}

/** The attribute a constraint speaks of; undefined for one that is not known. */
function attribute(node: SwarmNode, name: string): string | undefined {
  const [, kind, label] = /^(node|engine)\.labels\.(.+)$/.exec(name) ?? [];
  if (kind === "node") return node.Spec?.Labels?.[label as string] ?? "";
  if (kind === "engine") return node.Description?.Engine?.Labels?.[label as string] ?? "";
  const known: Record<string, string | undefined> = {
    "node.id": node.ID,
    "node.role": node.Spec?.Role,
    "node.hostname": node.Description?.Hostname,
    "node.platform.os": node.Description?.Platform?.OS,
    "node.platform.arch": node.Description?.Platform?.Architecture,
  };
  return known[name];
}

/** Whether a node meets a constraint such as `node.labels.type==app`; true where the constraint is not understood: Swarm decides. */
function meets(node: SwarmNode, constraint: string): boolean {
  const [, name, operator, wanted] = /^\s*([a-z.A-Z0-9_-]+)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
  if (name === undefined) return true;
  const actual = attribute(node, name);
  if (actual === undefined) return true;
  return (actual.toLowerCase() === (wanted as string).toLowerCase()) === (operator === "==");
}

/** What is left on the nodes, added up once for all services. */
export class Room {
  private readonly fittingNodes = new Map<string, readonly SwarmNode[]>();
  private readonly used = new Map<string, { cpu: number; memory: number; replicas: Map<string, number> }>();

  /** @param nodes all nodes @param tasks all tasks that are meant to run */
  constructor(
    private readonly nodes: readonly SwarmNode[],
    tasks: readonly PlacedTask[],
  ) {
    for (const { NodeID: id, ServiceID: service = "", reserved } of tasks) {
      if (id === undefined) continue;
      const node = this.used.get(id) ?? { cpu: 0, memory: 0, replicas: new Map<string, number>() };
      node.cpu += reserved.NanoCPUs ?? 0;
      node.memory += reserved.MemoryBytes ?? 0;
      node.replicas.set(service, (node.replicas.get(service) ?? 0) + 1);
      this.used.set(id, node);
    }
  }

  /**
   * Replicas of a service that the nodes have room for, those included that are placed, by what Swarm's own scheduler goes by: ready
   * and active nodes, constraints, replicas per node, reservations. Undefined where nothing limits it: a service that reserves nothing
   * always fits. What a host has in ports, plugins or special devices is not looked at.
   */
  placeable(demand: Demand): number | undefined {
    const { NanoCPUs: cpu = 0, MemoryBytes: memory = 0 } = demand.reserved;
    const fitting = this.fitting(demand.constraints);
    if (fitting.length > 0 && cpu === 0 && memory === 0 && demand.mostPerNode === 0) return undefined;
    let room = 0;
    for (const node of fitting) {
      const used = this.used.get(node.ID);
      const own = used?.replicas.get(demand.serviceId) ?? 0;
      const { NanoCPUs: allCpu = 0, MemoryBytes: allMemory = 0 } = node.Description?.Resources ?? {};
      const more = Math.min(
        cpu > 0 ? Math.floor((allCpu - (used?.cpu ?? 0)) / cpu) : Infinity,
        memory > 0 ? Math.floor((allMemory - (used?.memory ?? 0)) / memory) : Infinity,
        demand.mostPerNode > 0 ? demand.mostPerNode - own : Infinity,
      );
      room += own + Math.max(0, more);
    }
    return room;
  }

  /** Nodes that a replica may be put on; most services of a stack ask for the same ones. */
  private fitting(constraints: readonly string[]): readonly SwarmNode[] {
    const key = JSON.stringify(constraints);
    let nodes = this.fittingNodes.get(key);
    if (nodes === undefined) {
      nodes = this.nodes.filter(
        (node) =>
          node.Status?.State === "ready" &&
          node.Spec?.Availability === "active" &&
          constraints.every((constraint) => meets(node, constraint)),
      );
      this.fittingNodes.set(key, nodes);
    }
    return nodes;
  }
}
