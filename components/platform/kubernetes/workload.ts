import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { exemptionInputs, initialReplicas, isAutoScale, type Ref, type Workload } from "../../workload";
import { behaviorOf, metricsOf } from "./autoscaling";
import { awaitAnnotations, claimSpec, daemonSetSpec, deploymentSpec, jobSpec, statefulSetSpec } from "./controller";
import { allMounts, groupFiles, reloadedFiles, rolledFiles, secretFiles, volumeMounts, writableDirectories, type Mounts } from "./files";
import { selectorLabels } from "./names";
import { policiesOf } from "./network";
import { podTemplate, preStopSeconds } from "./pod";
import { headlessSpec, publicSpec } from "./services";
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

/** Tells the provider not to wait: readiness of the pods is what their controller is waited for. */
const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" };

/** Content that cannot change: another content is another object under another name, so that the pods that use it are replaced. */
const IMMUTABLE = { immutable: true };

/** Policies that a workload need not keep to, beside those it names itself. */
function exemptions({ workload, settings }: KubernetesWorkloadArgs): Record<string, string> {
  if (settings.suspended) return {};
  // A port for metrics alone takes no requests that could be lost.
  const serves = workload.ports?.some((port) => port.name !== "metrics") ?? false;
  const stopsAtOnce = workload.kind !== "job" && serves && preStopSeconds(workload, settings) === 0;
  return {
    ...(stopsAtOnce ? { "rollout-pre-stop": "nobody balances to it: whoever uses it connects again" } : {}),
    ...workload.policyExemptions,
  };
}

/** One Workload as native Kubernetes resources. Those it does not need are undefined or empty. */
export class KubernetesWorkload extends pulumi.ComponentResource {
  readonly deployment: kubernetes.apps.v1.Deployment | undefined;
  readonly statefulSet: kubernetes.apps.v1.StatefulSet | undefined;
  readonly daemonSet: kubernetes.apps.v1.DaemonSet | undefined;
  readonly job: kubernetes.batch.v1.Job | undefined;
  /** The headless Service whose A records are the ready pods; undefined without ports. */
  readonly service: kubernetes.core.v1.Service | undefined;
  /** The Service that is reached from outside; undefined without published ports. */
  readonly publicService: kubernetes.core.v1.Service | undefined;
  /** ConfigMaps: files that replace the pods first, then one for each folder that changes in place. */
  readonly configMaps: readonly kubernetes.core.v1.ConfigMap[];
  /** Claims by volume name. A StatefulSet makes its own. */
  readonly volumeClaims: Readonly<Record<string, kubernetes.core.v1.PersistentVolumeClaim>>;
  readonly serviceAccount: kubernetes.core.v1.ServiceAccount | undefined;
  readonly role: kubernetes.rbac.v1.Role | undefined;
  readonly roleBinding: kubernetes.rbac.v1.RoleBinding | undefined;
  readonly horizontalPodAutoscaler: kubernetes.autoscaling.v2.HorizontalPodAutoscaler | undefined;
  readonly podDisruptionBudget: kubernetes.policy.v1.PodDisruptionBudget | undefined;
  readonly networkPolicies: readonly kubernetes.networking.v1.NetworkPolicy[];

  readonly #args: KubernetesWorkloadArgs;
  readonly #name: string;

  constructor(name: string, args: KubernetesWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:kubernetes:Workload", name, exemptionInputs(exemptions(args)), opts);
    this.#name = name;
    this.#args = args;
    const { workload, settings } = args;
    this.volumeClaims = this.#createClaims();
    this.configMaps = [];
    this.networkPolicies = [];
    if (!settings.suspended) {
      this.networkPolicies = this.#createPolicies();
      this.serviceAccount = this.#createServiceAccount();
      if (workload.access?.length) {
        this.role = this.#createRole();
        this.roleBinding = this.#createRoleBinding(this.role, this.serviceAccount);
      }
      this.service = this.#createService();
      const { configMaps, mounts } = this.#createFiles();
      this.configMaps = configMaps;
      const template = podTemplate({ ...args, mounts, serviceAccount: this.serviceAccount.metadata.name });
      const opts = { parent: this, dependsOn: this.#before() };
      if (workload.kind === "service") this.deployment = this.#createDeployment(template, opts);
      if (workload.kind === "stateful") this.statefulSet = this.#createStatefulSet(template, opts);
      if (workload.kind === "daemon") this.daemonSet = this.#createDaemonSet(template, opts);
      if (workload.kind === "job") this.job = this.#createJob(template, opts);
      this.horizontalPodAutoscaler = this.#createAutoscaler();
      this.podDisruptionBudget = this.#createBudget();
      this.publicService = this.#createPublicService();
    }
    this.registerOutputs();
  }

  /** What the pods wait for: the workload's own wishes, and that nothing is reachable from them that should not be. */
  #before(): pulumi.CustomResourceOptions["dependsOn"] {
    const { dependsOn, policies } = this.#args;
    const own: pulumi.Resource[] = [...policies, ...this.networkPolicies, ...(this.roleBinding ? [this.roleBinding] : [])];
    return pulumi.output(dependsOn ?? []).apply((given) => [...own, ...([given].flat() as pulumi.Resource[])]);
  }

  /** Metadata under a fixed name, by which people and DNS find it. */
  #metadata(name: string, annotations?: Record<string, string>): kubernetes.types.input.meta.v1.ObjectMeta {
    return { name, ...this.#unnamed(annotations) };
  }

  /** Metadata without a name: the provider gives a new one whenever the object is replaced. */
  #unnamed(annotations?: Record<string, string>): kubernetes.types.input.meta.v1.ObjectMeta {
    const { namespace, labels, ref, settings } = this.#args;
    return {
      namespace,
      labels: { ...labels, ...selectorLabels(settings.prefix, ref) },
      ...(annotations ? { annotations } : {}),
    };
  }

  #transform<Kind extends keyof ChildArguments>(kind: Kind, name: string, args: ChildArguments[Kind]): ChildArguments[Kind] {
    return transformed(this.#args.settings.transforms, kind, { name, workload: this.#args.ref.name }, args);
  }

  get #selector(): Record<string, string> {
    return selectorLabels(this.#args.settings.prefix, this.#args.ref);
  }

  #createClaims(): Record<string, kubernetes.core.v1.PersistentVolumeClaim> {
    const { workload, settings } = this.#args;
    if (workload.kind === "stateful") return {};
    const entries = (workload.volumes ?? []).map((volume) => {
      // A fixed name, so that a later deployment finds the data again.
      const name = `${this.#name}-${volume.name}`;
      const spec = claimSpec(volume, settings.storage.className);
      // Many classes bind a claim only when a pod uses it.
      const args = this.#transform("persistentVolumeClaim", name, { metadata: this.#metadata(name, SKIP_AWAIT), spec });
      const claim = new kubernetes.core.v1.PersistentVolumeClaim(name, args, { parent: this, retainOnDelete: volume.retain ?? true });
      return [volume.name, claim] as const;
    });
    return Object.fromEntries(entries);
  }

  #createPolicies(): kubernetes.networking.v1.NetworkPolicy[] {
    const { ref, workload, settings } = this.#args;
    return policiesOf(ref, workload, settings).map(({ name, spec }) => {
      const args = this.#transform("networkPolicy", name, { metadata: this.#metadata(name), spec });
      return new kubernetes.networking.v1.NetworkPolicy(name, args, { parent: this });
    });
  }

  #createServiceAccount(): kubernetes.core.v1.ServiceAccount {
    const args = { metadata: this.#metadata(this.#name), automountServiceAccountToken: false };
    return new kubernetes.core.v1.ServiceAccount(this.#name, this.#transform("serviceAccount", this.#name, args), { parent: this });
  }

  #createRole(): kubernetes.rbac.v1.Role {
    const rules = (this.#args.workload.access ?? []).map(({ group = "", resources, verbs }) => ({ apiGroups: [group], resources, verbs }));
    const args = this.#transform("role", this.#name, { metadata: this.#metadata(this.#name), rules });
    return new kubernetes.rbac.v1.Role(this.#name, args, { parent: this });
  }

  #createRoleBinding(role: kubernetes.rbac.v1.Role, account: kubernetes.core.v1.ServiceAccount): kubernetes.rbac.v1.RoleBinding {
    const args = this.#transform("roleBinding", this.#name, {
      metadata: this.#metadata(this.#name),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: this.#args.namespace }],
    });
    return new kubernetes.rbac.v1.RoleBinding(this.#name, args, { parent: this });
  }

  #createFiles(): { configMaps: kubernetes.core.v1.ConfigMap[]; mounts: Mounts } {
    const { ref, workload } = this.#args;
    const { roll, reload } = groupFiles(workload);
    const rolled = roll && this.#createConfigMap(`${this.#name}-files`, { metadata: this.#unnamed(), data: roll.data, ...IMMUTABLE }, true);
    const folders = [...reload].map(([folder, { data }], index) => {
      const name = `${this.#name}-reload-${index}`;
      return { folder, resource: this.#createConfigMap(name, { metadata: this.#metadata(name), data }, false) };
    });
    const claims = Object.fromEntries(Object.entries(this.volumeClaims).map(([volume, claim]) => [volume, claim.metadata.name]));
    return {
      configMaps: [...(rolled ? [rolled] : []), ...folders.map(({ resource }) => resource)],
      mounts: allMounts(
        rolledFiles(roll, rolled?.metadata.name ?? ""),
        reloadedFiles(folders.map(({ folder, resource }) => ({ folder, configMap: resource.metadata.name }))),
        secretFiles(ref.name, workload, this),
        writableDirectories(workload),
        volumeMounts(workload, claims),
      ),
    };
  }

  #createConfigMap(name: string, given: kubernetes.core.v1.ConfigMapArgs, replaced: boolean): kubernetes.core.v1.ConfigMap {
    const opts = { parent: this, ...(replaced ? { replaceOnChanges: ["data"] } : {}) };
    return new kubernetes.core.v1.ConfigMap(name, this.#transform("configMap", name, given), opts);
  }

  /**
   * Headless: its name leads to every ready pod, among which the caller chooses. It is not waited for and waits for nobody: pods may
   * need each other's names before they are ready.
   */
  #createService(): kubernetes.core.v1.Service | undefined {
    const { workload } = this.#args;
    if (!workload.ports?.length || workload.kind === "job") return undefined;
    const args = this.#transform("service", this.#name, {
      metadata: this.#metadata(this.#name, SKIP_AWAIT),
      spec: headlessSpec(workload, this.#selector),
    });
    return new kubernetes.core.v1.Service(this.#name, args, { parent: this });
  }

  #createDeployment(
    template: kubernetes.types.input.core.v1.PodTemplateSpec,
    opts: pulumi.CustomResourceOptions,
  ): kubernetes.apps.v1.Deployment {
    const { workload } = this.#args;
    const args = this.#transform("deployment", this.#name, {
      metadata: this.#metadata(this.#name, awaitAnnotations(workload)),
      spec: deploymentSpec(workload, { matchLabels: this.#selector }, template),
    });
    return new kubernetes.apps.v1.Deployment(this.#name, args, opts);
  }

  #createStatefulSet(
    template: kubernetes.types.input.core.v1.PodTemplateSpec,
    opts: pulumi.CustomResourceOptions,
  ): kubernetes.apps.v1.StatefulSet {
    const { workload, settings } = this.#args;
    const args = this.#transform("statefulSet", this.#name, {
      metadata: this.#metadata(this.#name, awaitAnnotations(workload)),
      spec: statefulSetSpec(workload, { matchLabels: this.#selector }, template, {
        serviceName: this.#name,
        className: settings.storage.className,
        claimLabels: this.#selector,
      }),
    });
    return new kubernetes.apps.v1.StatefulSet(this.#name, args, opts);
  }

  #createDaemonSet(
    template: kubernetes.types.input.core.v1.PodTemplateSpec,
    opts: pulumi.CustomResourceOptions,
  ): kubernetes.apps.v1.DaemonSet {
    const { workload } = this.#args;
    const args = this.#transform("daemonSet", this.#name, {
      metadata: this.#metadata(this.#name, awaitAnnotations(workload)),
      spec: daemonSetSpec(workload, { matchLabels: this.#selector }, template),
    });
    return new kubernetes.apps.v1.DaemonSet(this.#name, args, opts);
  }

  /** Named by the provider: a changed job is a new one. */
  #createJob(template: kubernetes.types.input.core.v1.PodTemplateSpec, opts: pulumi.CustomResourceOptions): kubernetes.batch.v1.Job {
    const { workload } = this.#args;
    const args = this.#transform("job", this.#name, {
      metadata: this.#unnamed(awaitAnnotations(workload)),
      spec: jobSpec(workload, template),
    });
    return new kubernetes.batch.v1.Job(this.#name, args, opts);
  }

  #createAutoscaler(): kubernetes.autoscaling.v2.HorizontalPodAutoscaler | undefined {
    const { workload, settings } = this.#args;
    const { scale } = workload;
    if (!this.deployment || !isAutoScale(scale)) return undefined;
    const args = this.#transform("horizontalPodAutoscaler", this.#name, {
      metadata: this.#metadata(this.#name, SKIP_AWAIT),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: this.deployment.metadata.name },
        minReplicas: scale.min,
        maxReplicas: scale.max,
        metrics: metricsOf(scale, settings.autoscaling),
        behavior: behaviorOf(settings.autoscaling),
      },
    });
    return new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(this.#name, args, { parent: this });
  }

  /** One replica may always leave, so that no node is ever stuck; a single replica is not protected, because it could never leave. */
  #createBudget(): kubernetes.policy.v1.PodDisruptionBudget | undefined {
    const { workload } = this.#args;
    if (initialReplicas(workload) < 2 || !(this.deployment ?? this.statefulSet)) return undefined;
    const args = this.#transform("podDisruptionBudget", this.#name, {
      metadata: this.#metadata(this.#name, SKIP_AWAIT),
      spec: { maxUnavailable: 1, selector: { matchLabels: this.#selector }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    });
    return new kubernetes.policy.v1.PodDisruptionBudget(this.#name, args, { parent: this });
  }

  #createPublicService(): kubernetes.core.v1.Service | undefined {
    const { workload, settings } = this.#args;
    if (!workload.ports?.some((port) => port.publish)) return undefined;
    const name = `${this.#name}-public`;
    const args = this.#transform("service", name, {
      metadata: this.#metadata(name, settings.publish.annotations),
      spec: publicSpec(workload, this.#selector, settings.publish),
    });
    const after = [this.deployment, this.statefulSet, this.daemonSet].filter((each) => each !== undefined);
    return new kubernetes.core.v1.Service(name, args, { parent: this, dependsOn: after });
  }
}
