import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Problem, Ref, Secret, Workload } from "../../workload";
import { Platform, type Declaration, type Running } from "../platform";
import { stackLabels, type Deployment } from "./labels";
import { shortName } from "./names";
import { SwarmSecret } from "./secret";
import { unsupportedOnSwarm } from "./unsupported";
import { SwarmWorkload } from "./workload";

/** Settings of one Swarm. */
export interface SwarmPlatformArgs {
  /** Start of every name people see. @default the component's name */
  prefix?: string;
  /**
   * Encrypt overlay traffic between nodes (IPsec). Needs the kernel's rfc4106 cipher where there is more than one node.
   * @default true
   */
  encrypted?: boolean;
  /** Segments that may reach outside the Swarm; all others are internal networks. @default ["edge"] */
  openSegments?: string[];
  /** Whether the Swarm has one node only, which pins every local volume without a placement. @default false */
  singleNode?: boolean;
  /** Labels put on everything that is created, besides the platform's own. @default {} @example { "example.team": "checkout" } */
  labels?: Record<string, string>;
  /**
   * Keep only what must outlive the workloads (volumes); run nothing. What the tiers generate themselves, such as passwords
   * and certificates, stays in the state, so that a later deployment finds its data readable and its CA still trusted.
   * @default false
   */
  suspended?: boolean;
}

/** Runs Workloads as Docker Swarm services. The Docker engine is the `docker` provider's: pass it through `opts.providers`. */
export class SwarmPlatform extends Platform {
  readonly prefix: string;
  /** The engine's own DNS server, as every container reaches it. */
  readonly resolvers = ["127.0.0.11"];
  readonly replicasBy = "labels";
  /** What runs on every node sees enough of it, and what containers use is told by the auto-scaler's gate. */
  readonly nodes = undefined;
  private readonly settings: Required<Omit<SwarmPlatformArgs, "prefix">>;
  private readonly networks = new Map<string, docker.Network>();

  constructor(name: string, args: SwarmPlatformArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:swarm:Platform", name, {}, opts);
    this.prefix = args.prefix ?? name;
    this.settings = {
      encrypted: args.encrypted ?? true,
      openSegments: args.openSegments ?? ["edge"],
      singleNode: args.singleNode ?? false,
      labels: args.labels ?? {},
      suspended: args.suspended ?? false,
    };
    this.registerOutputs();
  }

  override declare(name: string, declaration: Declaration): Ref {
    const fullName = `${this.prefix}-${name}`;
    return { name, fullName, host: fullName, ports: { ...declaration.ports }, segment: declaration.segment };
  }

  override secret(name: string, data: pulumi.Input<string>, opts?: pulumi.CustomResourceOptions): Secret {
    if (this.settings.suspended) return new SwarmSecret(name, undefined);
    const encoded = pulumi.secret(pulumi.output(data).apply((text) => Buffer.from(text, "utf8").toString("base64")));
    const resource = new docker.Secret(
      shortName(`${this.prefix}-${name}`),
      { data: encoded, labels: stackLabels(this.deployment) },
      { parent: this, ...opts },
    );
    return new SwarmSecret(name, resource);
  }

  private get deployment(): Deployment {
    return { prefix: this.prefix, labels: this.settings.labels };
  }

  /** The overlay network of a segment; created when first asked for. */
  network(segment: string): docker.Network {
    const known = this.networks.get(segment);
    if (known) return known;
    // The engine adds its own options (the VXLAN id), which a refresh would take for a change and replace the network, and with
    // it every service on it. Ignored, then; and since encryption cannot change in place, it is part of the name.
    const network = new docker.Network(
      `${this.prefix}-${segment}${this.settings.encrypted ? "" : "-plain"}`,
      {
        driver: "overlay",
        attachable: false,
        internal: !this.settings.openSegments.includes(segment),
        options: this.settings.encrypted ? { encrypted: "" } : {},
        labels: stackLabels(this.deployment),
      },
      { parent: this, ignoreChanges: ["options"] },
    );
    this.networks.set(segment, network);
    return network;
  }

  override unsupported(ref: Ref, workload: Workload): Problem[] {
    const open = this.segmentsOf(ref, workload).some((segment) => this.settings.openSegments.includes(segment));
    return unsupportedOnSwarm(ref.name, workload, { singleNode: this.settings.singleNode, open });
  }

  protected override create(ref: Ref, workload: Workload, opts?: pulumi.ComponentResourceOptions): Running {
    const resource = new SwarmWorkload(
      ref.fullName,
      {
        ref,
        workload,
        deployment: this.deployment,
        networks: this.settings.suspended ? [] : this.segmentsOf(ref, workload).map((segment) => this.network(segment)),
        suspended: this.settings.suspended,
        singleNode: this.settings.singleNode,
      },
      { parent: this, ...opts },
    );
    return { ref, resource };
  }

  /** Its own segment, those of whom it talks to, and the one of who reads its metrics; each once, in a stable order. */
  private segmentsOf(ref: Ref, workload: Workload): string[] {
    const segments = [ref.segment, ...(workload.connects ?? []).map((target) => target.segment)];
    if (workload.metrics?.scraper) segments.push(workload.metrics.scraper.segment);
    return [...new Set(segments)].sort();
  }
}
