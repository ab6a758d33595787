import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { exemptionInputs, initialReplicas, isAutoScale } from "../../workload";
import { behaviorOf, metricsOf } from "./autoscaling";
import { Children, type KubernetesWorkloadArgs } from "./children";
import { createClaims, createContent, type VolumeClaims } from "./content";
import { awaitAnnotations, daemonSetSpec, deploymentSpec, jobSpec, SKIP_AWAIT, statefulSetSpec } from "./controller";
import { KubernetesEntrance } from "./entrance/entrance";
import { ENTRANCE_PORT } from "./entrance/settings";
import { policiesOf } from "./network";
import { podTemplate, preStopSeconds } from "./pod";
import { headlessSpec, publicSpec } from "./services";

/** What observes its node knowingly does not keep to. */
const OBSERVER = {
  "hardening-host-namespaces": "counts what goes through its node's network, and answers at the node's address",
  "hardening-host-path": "reads how full its node's disks are, as no root and without a capability",
  "hardening-runtime-socket": "the folder of sockets, /run, is hidden from it; and it is no root, who alone may use the runtime's",
};

/** Policies that a workload need not keep to, beside those it names itself. */
function exemptions({ workload, settings }: KubernetesWorkloadArgs): Record<string, string> {
  if (settings.suspended) return {};
  // A port for metrics alone takes no requests that could be lost.
  const serves = workload.ports?.some((port) => port.name !== "metrics") ?? false;
  const stopsAtOnce = workload.kind !== "job" && serves && preStopSeconds(workload, settings) === 0;
  return {
    ...(workload.observesNode ? OBSERVER : {}),
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
  /** Ingress or Gateway objects that lead to the public Service; undefined unless the platform has an entrance. */
  readonly entrance: KubernetesEntrance | undefined;
  /** ConfigMaps: files that replace the pods first, then one for each folder that changes in place. */
  readonly configMaps: readonly kubernetes.core.v1.ConfigMap[];
  /** Claims by volume name. A StatefulSet makes its own. */
  readonly volumeClaims: VolumeClaims;
  readonly serviceAccount: kubernetes.core.v1.ServiceAccount | undefined;
  readonly role: kubernetes.rbac.v1.Role | undefined;
  readonly roleBinding: kubernetes.rbac.v1.RoleBinding | undefined;
  /** What it may read of the nodes' agents; undefined unless it scrapes nodes. */
  readonly clusterRole: kubernetes.rbac.v1.ClusterRole | undefined;
  readonly clusterRoleBinding: kubernetes.rbac.v1.ClusterRoleBinding | undefined;
  readonly horizontalPodAutoscaler: kubernetes.autoscaling.v2.HorizontalPodAutoscaler | undefined;
  readonly podDisruptionBudget: kubernetes.policy.v1.PodDisruptionBudget | undefined;
  readonly networkPolicies: readonly kubernetes.networking.v1.NetworkPolicy[];

  readonly #args: KubernetesWorkloadArgs;
  readonly #children: Children;

  constructor(name: string, args: KubernetesWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:kubernetes:Workload", name, exemptionInputs(exemptions(args)), opts);
    this.#args = args;
    this.#children = new Children(name, args, this);
    const { workload, settings } = args;
    this.volumeClaims = createClaims(this.#children);
    this.configMaps = [];
    this.networkPolicies = [];
    if (!settings.suspended) {
      this.networkPolicies = this.#createPolicies();
      this.serviceAccount = this.#createServiceAccount();
      if (workload.access?.length) {
        this.role = this.#createRole();
        this.roleBinding = this.#createRoleBinding(this.role, this.serviceAccount);
      }
      if (workload.scrapesNodes?.length) {
        this.clusterRole = this.#createClusterRole();
        this.clusterRoleBinding = this.#createClusterRoleBinding(this.clusterRole, this.serviceAccount);
      }
      this.service = this.#createService();
      const { configMaps, mounts } = createContent(this.#children, this.volumeClaims);
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
      this.entrance = this.publicService && this.#createEntrance();
    }
    this.registerOutputs();
  }

  /** What the pods wait for: the workload's own wishes, and that nothing is reachable from them that should not be. */
  #before(): pulumi.CustomResourceOptions["dependsOn"] {
    const { dependsOn, policies } = this.#args;
    const bindings = [this.roleBinding, this.clusterRoleBinding].filter((each) => each !== undefined);
    const own: pulumi.Resource[] = [...policies, ...this.networkPolicies, ...bindings];
    return pulumi.output(dependsOn ?? []).apply((given) => [...own, ...([given].flat() as pulumi.Resource[])]);
  }

  get #name(): string {
    return this.#children.name;
  }

  #createPolicies(): kubernetes.networking.v1.NetworkPolicy[] {
    const { ref, workload, settings } = this.#args;
    return policiesOf(ref, workload, settings).map(({ name, spec }) => {
      const args = this.#children.transform("networkPolicy", name, { metadata: this.#children.metadata(name), spec });
      return new kubernetes.networking.v1.NetworkPolicy(name, args, { parent: this });
    });
  }

  #createServiceAccount(): kubernetes.core.v1.ServiceAccount {
    const args = { metadata: this.#children.metadata(this.#name), automountServiceAccountToken: false };
    return new kubernetes.core.v1.ServiceAccount(this.#name, this.#children.transform("serviceAccount", this.#name, args), {
      parent: this,
    });
  }

  #createRole(): kubernetes.rbac.v1.Role {
    const rules = (this.#args.workload.access ?? []).map(({ group = "", resources, verbs }) => ({ apiGroups: [group], resources, verbs }));
    const args = this.#children.transform("role", this.#name, { metadata: this.#children.metadata(this.#name), rules });
    return new kubernetes.rbac.v1.Role(this.#name, args, { parent: this });
  }

  #createRoleBinding(role: kubernetes.rbac.v1.Role, account: kubernetes.core.v1.ServiceAccount): kubernetes.rbac.v1.RoleBinding {
    const args = this.#children.transform("roleBinding", this.#name, {
      metadata: this.#children.metadata(this.#name),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: this.#args.namespace }],
    });
    return new kubernetes.rbac.v1.RoleBinding(this.#name, args, { parent: this });
  }

  /** Named by the provider, because it is cluster-wide and there may be several stacks: kubelets belong to no namespace. */
  #createClusterRole(): kubernetes.rbac.v1.ClusterRole {
    const args = this.#children.transform("clusterRole", `${this.#name}-nodes`, {
      metadata: this.#children.clusterWide(),
      rules: [{ apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }],
    });
    return new kubernetes.rbac.v1.ClusterRole(`${this.#name}-nodes`, args, { parent: this });
  }

  #createClusterRoleBinding(
    role: kubernetes.rbac.v1.ClusterRole,
    account: kubernetes.core.v1.ServiceAccount,
  ): kubernetes.rbac.v1.ClusterRoleBinding {
    const args = this.#children.transform("clusterRoleBinding", `${this.#name}-nodes`, {
      metadata: this.#children.clusterWide(),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: this.#args.namespace }],
    });
    return new kubernetes.rbac.v1.ClusterRoleBinding(`${this.#name}-nodes`, args, { parent: this });
  }

  /**
   * Headless: its name leads to every ready pod, among which the caller chooses. It is not waited for and waits for nobody: pods may
   * need each other's names before they are ready.
   */
  #createService(): kubernetes.core.v1.Service | undefined {
    const { workload } = this.#args;
    if (!workload.ports?.length || workload.kind === "job") return undefined;
    const args = this.#children.transform("service", this.#name, {
      metadata: this.#children.metadata(this.#name, SKIP_AWAIT),
      spec: headlessSpec(workload, this.#children.selector),
    });
    return new kubernetes.core.v1.Service(this.#name, args, { parent: this });
  }

  #createDeployment(
    template: kubernetes.types.input.core.v1.PodTemplateSpec,
    opts: pulumi.CustomResourceOptions,
  ): kubernetes.apps.v1.Deployment {
    const { workload } = this.#args;
    const args = this.#children.transform("deployment", this.#name, {
      metadata: this.#children.metadata(this.#name, awaitAnnotations(workload)),
      spec: deploymentSpec(workload, { matchLabels: this.#children.selector }, template),
    });
    return new kubernetes.apps.v1.Deployment(this.#name, args, opts);
  }

  #createStatefulSet(
    template: kubernetes.types.input.core.v1.PodTemplateSpec,
    opts: pulumi.CustomResourceOptions,
  ): kubernetes.apps.v1.StatefulSet {
    const { workload, settings } = this.#args;
    const args = this.#children.transform("statefulSet", this.#name, {
      metadata: this.#children.metadata(this.#name, awaitAnnotations(workload)),
      spec: statefulSetSpec(workload, { matchLabels: this.#children.selector }, template, {
        serviceName: this.#name,
        className: settings.storage.className,
        claimLabels: this.#children.selector,
      }),
    });
    return new kubernetes.apps.v1.StatefulSet(this.#name, args, opts);
  }

  #createDaemonSet(
    template: kubernetes.types.input.core.v1.PodTemplateSpec,
    opts: pulumi.CustomResourceOptions,
  ): kubernetes.apps.v1.DaemonSet {
    const { workload } = this.#args;
    const args = this.#children.transform("daemonSet", this.#name, {
      metadata: this.#children.metadata(this.#name, awaitAnnotations(workload)),
      spec: daemonSetSpec(workload, { matchLabels: this.#children.selector }, template),
    });
    return new kubernetes.apps.v1.DaemonSet(this.#name, args, opts);
  }

  /** Named by the provider: a changed job is a new one. */
  #createJob(template: kubernetes.types.input.core.v1.PodTemplateSpec, opts: pulumi.CustomResourceOptions): kubernetes.batch.v1.Job {
    const { workload } = this.#args;
    const args = this.#children.transform("job", this.#name, {
      metadata: this.#children.unnamed(awaitAnnotations(workload)),
      spec: jobSpec(workload, template),
    });
    return new kubernetes.batch.v1.Job(this.#name, args, opts);
  }

  #createAutoscaler(): kubernetes.autoscaling.v2.HorizontalPodAutoscaler | undefined {
    const { workload, settings } = this.#args;
    const { scale } = workload;
    if (!this.deployment || !isAutoScale(scale)) return undefined;
    const args = this.#children.transform("horizontalPodAutoscaler", this.#name, {
      metadata: this.#children.metadata(this.#name, SKIP_AWAIT),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: this.deployment.metadata.name },
        minReplicas: scale.min,
        maxReplicas: scale.max,
        metrics: metricsOf(scale, settings.autoscaling, this.#args.ref.fullName),
        behavior: behaviorOf(settings.autoscaling),
      },
    });
    return new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(this.#name, args, { parent: this });
  }

  /** One replica may always leave, so that no node is ever stuck; a single replica is not protected, because it could never leave. */
  #createBudget(): kubernetes.policy.v1.PodDisruptionBudget | undefined {
    const { workload } = this.#args;
    if (initialReplicas(workload) < 2 || !(this.deployment ?? this.statefulSet)) return undefined;
    const args = this.#children.transform("podDisruptionBudget", this.#name, {
      metadata: this.#children.metadata(this.#name, SKIP_AWAIT),
      spec: { maxUnavailable: 1, selector: { matchLabels: this.#children.selector }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    });
    return new kubernetes.policy.v1.PodDisruptionBudget(this.#name, args, { parent: this });
  }

  #createPublicService(): kubernetes.core.v1.Service | undefined {
    const { workload, settings } = this.#args;
    if (!workload.ports?.some((port) => port.publish)) return undefined;
    const name = `${this.#name}-public`;
    const args = this.#children.transform("service", name, {
      metadata: this.#children.metadata(name, settings.publish.annotations),
      spec: publicSpec(workload, this.#children.selector, settings.publish),
    });
    const after = [this.deployment, this.statefulSet, this.daemonSet].filter((each) => each !== undefined);
    // A port of every node belongs to one Service at a time, also while another workload takes this one's place.
    const deleteBeforeReplace = settings.publish.type === "NodePort";
    return new kubernetes.core.v1.Service(name, args, { parent: this, dependsOn: after, deleteBeforeReplace });
  }

  #createEntrance(): KubernetesEntrance | undefined {
    const { workload, settings } = this.#args;
    const { entrance } = settings.publish;
    const port = workload.ports?.find(({ name, publish }) => publish && name === ENTRANCE_PORT)?.publish?.port;
    if (!entrance || port === undefined) return undefined;
    return new KubernetesEntrance(
      `${this.#name}-entrance`,
      { settings: entrance, target: { service: `${this.#name}-public`, port }, children: this.#children },
      { parent: this },
    );
  }
}
