import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Ref, Workload } from "../../workload";
import { selectorLabels } from "./names";
import type { Settings } from "./settings";
import { transformed, type ChildArguments } from "./transforms";

/** What a Kubernetes workload is made of. */
export interface KubernetesWorkloadArgs {
  ref: Ref;
  workload: Workload;
  settings: Settings;
  /** Namespace of everything. */
  namespace: pulumi.Input<string>;
  /** Name of the PriorityClass; undefined: the cluster's default. */
  priorityClass: pulumi.Input<string> | undefined;
  /** Labels of everything. */
  labels: Record<string, string>;
  /** What has to be there before the pods start, as given with the workload. */
  dependsOn: pulumi.CustomResourceOptions["dependsOn"];
  /** Policies that hold for every pod of the namespace; they too have to be there first. */
  policies: readonly kubernetes.networking.v1.NetworkPolicy[];
}

/** What the children of one workload have in common: metadata, the user's transforms, and their parent. */
export class Children {
  /** @param name full name of the workload, which the names of its objects begin with */
  constructor(
    readonly name: string,
    readonly args: KubernetesWorkloadArgs,
    readonly parent: pulumi.Resource,
  ) {}

  /** Labels that find the workload's pods. */
  get selector(): Record<string, string> {
    return selectorLabels(this.args.settings.prefix, this.args.ref);
  }

  /** Metadata under a fixed name, by which people and DNS find it. */
  metadata(name: string, annotations?: Record<string, string>): kubernetes.types.input.meta.v1.ObjectMeta {
    return { name, ...this.unnamed(annotations) };
  }

  /** Metadata without a name: the provider gives a new one whenever the object is replaced. */
  unnamed(annotations?: Record<string, string>): kubernetes.types.input.meta.v1.ObjectMeta {
    const { namespace, labels } = this.args;
    return { namespace, labels: { ...labels, ...this.selector }, ...(annotations ? { annotations } : {}) };
  }

  /** Metadata of what belongs to no namespace; the provider gives the name. */
  clusterWide(): kubernetes.types.input.meta.v1.ObjectMeta {
    return { labels: { ...this.args.labels, ...this.selector } };
  }

  transform<Kind extends keyof ChildArguments>(kind: Kind, name: string, args: ChildArguments[Kind]): ChildArguments[Kind] {
    return transformed(this.args.settings.transforms, kind, { name, workload: this.args.ref.name }, args);
  }
}
