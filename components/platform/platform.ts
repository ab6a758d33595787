import * as pulumi from "@pulumi/pulumi";
import { describeProblems, validate, type Problem, type Ref, type Secret, type Workload } from "../workload";

/** What to declare about a workload before it runs. */
export interface Declaration {
  /** Port numbers by name; the same names and numbers as `Workload.ports`. */
  ports?: Record<string, number>;
  /** Group of workloads that may reach each other. Balancer and what it routes to share `edge`; a data store has one of its own. */
  segment: string;
}

/** A workload that runs. */
export interface Running {
  readonly ref: Ref;
  /** The component resource that holds the platform's resources. */
  readonly resource: pulumi.ComponentResource;
}

/** A page of metrics that an agent of the platform serves on every node. */
export interface NodeMetrics {
  /** What the page is called; becomes the job and the label `workload`. */
  readonly name: string;
  /** Port on every node. */
  readonly port: number;
  /** How it is read, in the terms of Prometheus' `scrape_config`. What it tells of containers has the labels `service`, `container` and `node` in the end. */
  readonly scrape: Readonly<Record<string, unknown>>;
}

/** What there is to learn from the nodes themselves. */
export interface Nodes {
  /** Where workloads that observe their node run. */
  readonly platform: Platform;
  /** Port that is free on every node, for one such workload. */
  readonly port: number;
  /** What the platform's own agents tell. */
  readonly metrics: readonly NodeMetrics[];
}

/** Turns Workloads into one provider's resources. Tiers know only this class. */
export abstract class Platform extends pulumi.ComponentResource {
  private readonly labels = new Map<string, Record<string, string>>();
  private readonly ran = new Set<string>();

  /** Start of every name people see, e.g. `testbro` in `testbro-backend`. */
  abstract readonly prefix: string;

  /** DNS servers that know every workload's `host`, by address or name: for processes, such as nginx, that ask DNS themselves. */
  abstract readonly resolvers: readonly string[];

  /**
   * How a balancer learns of every replica's address: by `labels` of the services, which {@link label} sets and the engine's API tells; or by
   * `endpoints`, which the platform keeps of each workload, labelled or not.
   */
  abstract readonly replicasBy: "labels" | "endpoints";

  /** Nodes that may be looked into; undefined where a workload sees of its node what any container sees. */
  abstract readonly nodes: Nodes | undefined;

  /** Names a workload and its ports, creating nothing, so that references may be cyclic. */
  abstract declare(name: string, declaration: Declaration): Ref;

  /** A secret that workloads get as a file. `data` never appears in plain text in state or output. */
  abstract secret(name: string, data: pulumi.Input<string>, opts?: pulumi.CustomResourceOptions): Secret;

  /** What this platform cannot do of what the workload asks, by name. */
  abstract unsupported(ref: Ref, workload: Workload): Problem[];

  /** Creates the resources of a checked workload. */
  protected abstract create(ref: Ref, workload: Workload, opts?: pulumi.ComponentResourceOptions): Running;

  /**
   * Labels a workload of somebody else's, which has yet to run: by them a balancer finds its replicas.
   * @throws Error when it runs already
   */
  label(ref: Ref, labels: Readonly<Record<string, string>>): void {
    if (this.ran.has(ref.fullName)) throw new Error(`${ref.name} runs already; label it before it does`);
    this.labels.set(ref.fullName, { ...this.labels.get(ref.fullName), ...labels });
  }

  private labelled(ref: Ref, workload: Workload): Workload {
    const labels = this.labels.get(ref.fullName);
    return labels ? { ...workload, labels: { ...labels, ...workload.labels } } : workload;
  }

  /** Everything wrong with a workload on this platform, none when it can run. Creates nothing, so a tier can check all its workloads first. */
  problems(ref: Ref, workload: Workload): Problem[] {
    const labelled = this.labelled(ref, workload);
    return [...validate(ref.name, labelled), ...this.portMismatch(ref, labelled), ...this.unsupported(ref, labelled)];
  }

  /**
   * Runs a workload.
   * @throws pulumi.ResourceError with every problem of the workload at once
   */
  run(ref: Ref, workload: Workload, opts?: pulumi.ComponentResourceOptions): Running {
    const problems = this.problems(ref, workload);
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), opts?.parent ?? this);
    this.ran.add(ref.fullName);
    return this.create(ref, this.labelled(ref, workload), opts);
  }

  private portMismatch(ref: Ref, workload: Workload): Problem[] {
    const actual = new Map((workload.ports ?? []).map((port) => [port.name, port.container]));
    return Object.entries(ref.ports)
      .filter(([name, number]) => actual.get(name) !== number)
      .map(([name, number]) => ({
        path: `${ref.name}.ports`,
        message: `port "${name}" was declared as ${number} but the workload has ${actual.get(name) ?? "no such port"}`,
        fix: "declare and run with the same port numbers",
      }));
  }
}
