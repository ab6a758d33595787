import * as pulumi from "@pulumi/pulumi";
import type { Problem, Ref, Secret, Workload } from "../../workload";
import { Platform, type Declaration, type Running } from "../platform";

/** One call of `run`. */
export interface RecordedRun {
  ref: Ref;
  workload: Workload;
  opts: pulumi.ComponentResourceOptions | undefined;
}

/** One call of `secret`. */
export interface RecordedSecret extends Secret {
  data: pulumi.Input<string>;
  opts: pulumi.CustomResourceOptions | undefined;
}

/** A platform for unit specs: checks workloads as every platform does, then records instead of creating. */
export class RecordingPlatform extends Platform {
  readonly prefix = "testbro";
  resolvers = ["127.0.0.11"];
  replicasBy: Platform["replicasBy"] = "labels";
  nodes: Platform["nodes"] = undefined;
  readonly runs: RecordedRun[] = [];
  readonly secrets: RecordedSecret[] = [];
  /** What the platform pretends not to be able to do. */
  refused: Problem[] = [];

  constructor(name = "recording") {
    super("test:platform:Recording", name);
  }

  declare(name: string, declaration: Declaration): Ref {
    const fullName = `${this.prefix}-${name}`;
    return { name, fullName, host: fullName, ports: declaration.ports ?? {}, segment: declaration.segment };
  }

  secret(name: string, data: pulumi.Input<string>, opts?: pulumi.CustomResourceOptions): Secret {
    const secret = { name, data, opts };
    this.secrets.push(secret);
    return secret;
  }

  unsupported(): Problem[] {
    return this.refused;
  }

  protected create(ref: Ref, workload: Workload, opts?: pulumi.ComponentResourceOptions): Running {
    this.runs.push({ ref, workload, opts });
    return { ref, resource: new pulumi.ComponentResource("test:platform:Workload", ref.fullName, {}, opts) };
  }

  /** The workload that ran under a name. @throws Error naming those that did */
  workload(name: string): Workload {
    return this.recorded(name).workload;
  }

  /** The whole call that ran a name. @throws Error naming those that did */
  recorded(name: string): RecordedRun {
    const run = this.runs.find((candidate) => candidate.ref.name === name);
    if (!run) throw new Error(`"${name}" did not run; these did: ${this.runs.map((each) => each.ref.name).join(", ")}`);
    return run;
  }
}
