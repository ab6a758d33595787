import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describeProblems, exemptionInputs, type Priority, type Problem, type Ref, type Secret, type Workload } from "../../workload";
import { Platform, type Declaration, type Nodes, type Running } from "../platform";
import { allowDns, denyAll, type NamedPolicy } from "./network";
import { kubeletMetrics } from "./nodes";
import { KubernetesSecret, SECRET_KEY } from "./secret";
import { checkSettings, settingsOf, type KubernetesPlatformArgs, type Settings } from "./settings";
import { transformed } from "./transforms";
import { unsupportedOnKubernetes } from "./unsupported";
import { KubernetesWorkload } from "./workload";

/** Values of the priority classes. `normal` has none: it is the cluster's default, 0 unless somebody changed it. */
const PRIORITIES: Record<Exclude<Priority, "normal">, { value: number; description: string; preemptionPolicy?: string }> = {
  high: { value: 100_000, description: "Data stores: others make room for them" },
  low: { value: -100, description: "Monitoring: makes room for others, and pushes out nobody", preemptionPolicy: "Never" },
};

/** Most pods that observe nodes: one a node, of which a cluster has at most so many (kubernetes.io, Considerations for large clusters). */
const MOST_NODES = "5000";

/** What a privileged namespace knowingly does not keep to. */
const PRIVILEGED = { "hardening-pod-security": "only what observes its node runs here, so that everything else can be restricted" };

/**
 * Runs Workloads in one namespace of a Kubernetes cluster, with native resources only. The cluster is the `kubernetes` provider's:
 * pass it through `opts.provider`.
 * @example
 * const provider = new kubernetes.Provider("production", { context: "production" });
 * const platform = new KubernetesPlatform("testbro", { namespace: "testbro-production" }, { provider });
 */
export class KubernetesPlatform extends Platform {
  readonly prefix: string;
  readonly resolvers: readonly string[];
  /** EndpointSlices of each workload's headless Service. */
  readonly replicasBy = "endpoints";
  /** The namespace; undefined where it is not made here. */
  readonly namespace: kubernetes.core.v1.Namespace | undefined;
  /** Most there may be in the namespace; undefined where that is not made here. */
  readonly quota: kubernetes.core.v1.ResourceQuota | undefined;
  /** What holds for every pod: nothing in or out, and DNS. */
  readonly networkPolicies: readonly kubernetes.networking.v1.NetworkPolicy[];
  readonly nodes: Nodes | undefined;
  readonly #settings: Settings;
  readonly #namespaceName: pulumi.Input<string>;
  readonly #priorityClasses = new Map<Priority, kubernetes.scheduling.v1.PriorityClass>();

  /** @throws pulumi.ResourceError with every problem of the settings at once */
  constructor(name: string, args: KubernetesPlatformArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:kubernetes:Platform", name, exemptionInputs(args.podSecurity === "privileged" ? PRIVILEGED : {}), opts);
    this.#settings = settingsOf(name, args);
    const problems = checkSettings(name, this.#settings);
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);
    this.prefix = this.#settings.prefix;
    this.resolvers = this.#settings.dns.resolvers;
    this.namespace = this.#settings.createNamespace ? this.#createNamespace() : undefined;
    this.#namespaceName = this.namespace?.metadata.name ?? this.#settings.namespace;
    this.quota = this.namespace && this.#createQuota();
    this.networkPolicies = this.#settings.suspended ? [] : this.#createPolicies();
    this.nodes = this.#createNodes(name);
    this.registerOutputs();
  }

  /**
   * The platform's own provider. Workloads and secrets are children of tiers, which know no provider, so they could not inherit it:
   * they would go to whatever cluster happens to be the current one.
   */
  get #provider(): { provider?: pulumi.ProviderResource } {
    const provider = this.getProvider("kubernetes:core/v1:Namespace");
    return provider ? { provider } : {};
  }

  /** What components that make objects beside those of workloads need to know. @internal */
  get surroundings(): { settings: Settings; namespace: pulumi.Input<string>; labels: Record<string, string> } {
    return { settings: this.#settings, namespace: this.#namespaceName, labels: this.#labels };
  }

  get #labels(): Record<string, string> {
    return { ...this.#settings.labels, "app.kubernetes.io/part-of": this.prefix, "app.kubernetes.io/managed-by": "pulumi" };
  }

  #createNamespace(): kubernetes.core.v1.Namespace {
    const { namespace, podSecurity, transforms } = this.#settings;
    const levels = ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, podSecurity]);
    const args = { metadata: { name: namespace, labels: { ...this.#labels, ...(Object.fromEntries(levels) as Record<string, string>) } } };
    return new kubernetes.core.v1.Namespace(
      namespace,
      transformed(transforms, "namespace", { name: namespace, workload: undefined }, args),
      { parent: this },
    );
  }

  #createQuota(): kubernetes.core.v1.ResourceQuota {
    const name = `${this.prefix}-quota`;
    const args = { metadata: { name, namespace: this.#namespaceName, labels: this.#labels }, spec: { hard: this.#settings.quota } };
    const child = transformed(this.#settings.transforms, "resourceQuota", { name, workload: undefined }, args);
    return new kubernetes.core.v1.ResourceQuota(name, child, { parent: this });
  }

  #createPolicies(): kubernetes.networking.v1.NetworkPolicy[] {
    const policies: NamedPolicy[] = [
      { name: `${this.prefix}-deny-all`, spec: denyAll() },
      { name: `${this.prefix}-allow-dns`, spec: allowDns(this.#settings) },
    ];
    return policies.map(({ name, spec }) => {
      const args = { metadata: { name, namespace: this.#namespaceName, labels: this.#labels }, spec };
      const child = transformed(this.#settings.transforms, "networkPolicy", { name, workload: undefined }, args);
      return new kubernetes.networking.v1.NetworkPolicy(name, child, { parent: this });
    });
  }

  /** A namespace like this one, but for what sees its node. There is nothing in it that would have to be kept. */
  #createNodes(name: string): Nodes | undefined {
    const { prefix, nodes, dns, createNamespace, suspended, insideRanges, imagePullSecrets, priorityClasses, labels, transforms } =
      this.#settings;
    if (!nodes) return undefined;
    const platform = new KubernetesPlatform(
      `${name}-nodes`,
      {
        ...{ prefix, namespace: nodes.namespace, createNamespace: createNamespace && !suspended, podSecurity: "privileged" },
        ...{ quota: { pods: MOST_NODES }, dns, insideRanges, imagePullSecrets, priorityClasses, labels, transforms, suspended },
      },
      { parent: this },
    );
    return { platform, port: nodes.port, metrics: kubeletMetrics(this.#settings) };
  }

  override declare(name: string, declaration: Declaration): Ref {
    const fullName = `${this.prefix}-${name}`;
    const { namespace, dns } = this.#settings;
    // Complete, because a process that asks DNS itself, such as nginx, does not try the namespace's own domain.
    const host = `${fullName}.${namespace}.svc.${dns.clusterDomain}`;
    return { name, fullName, host, ports: { ...declaration.ports }, segment: declaration.segment };
  }

  override secret(name: string, data: pulumi.Input<string>, opts?: pulumi.CustomResourceOptions): Secret {
    if (this.#settings.suspended) return new KubernetesSecret(name, undefined);
    const fullName = `${this.prefix}-${name}`;
    const encoded = pulumi.secret(pulumi.output(data).apply((text) => Buffer.from(text, "utf8").toString("base64")));
    const args = transformed(
      this.#settings.transforms,
      "secret",
      { name: fullName, workload: undefined },
      {
        metadata: { namespace: this.#namespaceName, labels: this.#labels },
        type: "Opaque",
        data: { [SECRET_KEY]: encoded },
        immutable: true,
      },
    );
    // Without a name of its own: another content is another object, so that the pods that use it are replaced.
    const resource = new kubernetes.core.v1.Secret(fullName, args, {
      parent: this,
      ...this.#provider,
      replaceOnChanges: ["data"],
      ...opts,
    });
    return new KubernetesSecret(name, resource);
  }

  override unsupported(ref: Ref, workload: Workload): Problem[] {
    return unsupportedOnKubernetes(ref, workload, this.#settings);
  }

  protected override create(ref: Ref, workload: Workload, opts?: pulumi.ComponentResourceOptions): Running {
    const resource = new KubernetesWorkload(
      ref.fullName,
      {
        ref,
        workload,
        settings: this.#settings,
        namespace: this.#namespaceName,
        priorityClass: this.#settings.suspended ? undefined : this.#priorityClass(workload.priority ?? "normal")?.metadata.name,
        labels: this.#labels,
        dependsOn: opts?.dependsOn,
        policies: this.networkPolicies,
      },
      { parent: this, ...this.#provider, ...opts },
    );
    return { ref, resource };
  }

  /** The class of a priority; made when first asked for. Its name is the provider's, because classes are cluster-wide. */
  #priorityClass(priority: Priority): kubernetes.scheduling.v1.PriorityClass | undefined {
    if (priority === "normal" || !this.#settings.priorityClasses) return undefined;
    const known = this.#priorityClasses.get(priority);
    if (known) return known;
    const name = `${this.prefix}-${priority}`;
    const args = transformed(
      this.#settings.transforms,
      "priorityClass",
      { name, workload: undefined },
      { metadata: { labels: this.#labels }, globalDefault: false, ...PRIORITIES[priority] },
    );
    const resource = new kubernetes.scheduling.v1.PriorityClass(name, args, { parent: this });
    this.#priorityClasses.set(priority, resource);
    return resource;
  }
}
