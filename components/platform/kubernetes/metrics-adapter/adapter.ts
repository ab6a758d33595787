import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describeProblems, onlyPorts, overrideWorkload, SEGMENTS, type Ref, type Secret, type Workload } from "../../../workload";
import type { Running } from "../../platform";
import { SKIP_AWAIT } from "../controller";
import { selectorLabels } from "../names";
import type { KubernetesPlatform } from "../platform";
import type { KubernetesWorkload } from "../workload";
import { adapterConfig, API, apiServiceSpec, ingressSpec, PORT, serviceSpec } from "./objects";
import { adapterSettings, checkAdapter, type AdapterSettings, type MetricsAdapterArgs } from "./settings";

const CONFIG = "/etc/adapter/config.yaml";
const CERTIFICATE = "/etc/adapter-tls/certificate.pem";
const KEY = "/run/secrets/metrics-adapter.key";

/** Roles of Kubernetes itself for servers behind the API server: to ask it who a caller is and what he may, and to know it again. */
const DELEGATOR = "system:auth-delegator";
const READER = "extension-apiserver-authentication-reader";

/** The Service that the API server asks. */
function serviceOf(ref: Ref): string {
  return `${ref.fullName}-api`;
}

/**
 * What HorizontalPodAutoscalers know of Prometheus: prometheus-adapter, which serves recorded series as external metrics. The API server
 * verifies its certificate; its account may look into nothing. A cluster has one server of external metrics: where KEDA or another
 * adapter is one already, name its metric instead.
 * @example
 * const host = MetricsAdapter.host(platform);
 * const { certificatePem, privateKeyPem, authorityPem } = ca.issue("metrics-adapter", { dnsNames: [host] });
 * const tls = { certificate: certificatePem, key: privateKeyPem, authority: authorityPem };
 * new MetricsAdapter("metrics-adapter", { platform, image, prometheus: { ref: prometheus, pathPrefix: "/prometheus" }, tls });
 */
export class MetricsAdapter extends pulumi.ComponentResource {
  readonly ref: Ref;
  // All undefined while the platform is suspended.
  readonly running: Running | undefined;
  readonly service: kubernetes.core.v1.Service | undefined;
  readonly apiService: kubernetes.apiregistration.v1.APIService | undefined;
  /** Of the roles of servers behind the API server, to the adapter's account. */
  readonly clusterRoleBinding: kubernetes.rbac.v1.ClusterRoleBinding | undefined;
  readonly roleBinding: kubernetes.rbac.v1.RoleBinding | undefined;
  readonly networkPolicy: kubernetes.networking.v1.NetworkPolicy | undefined;

  /** Names it without creating anything. */
  static declare(platform: KubernetesPlatform): Ref {
    return platform.declare("metrics-adapter", { ports: { https: PORT }, segment: SEGMENTS.monitoring });
  }

  /** The name that its certificate has to have. */
  static host(platform: KubernetesPlatform, ref: Ref = MetricsAdapter.declare(platform)): string {
    return `${serviceOf(ref)}.${platform.surroundings.settings.namespace}.svc`;
  }

  /** @throws pulumi.ResourceError with every problem of the options and of the workload at once */
  constructor(name: string, args: MetricsAdapterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:kubernetes:MetricsAdapter", name, {}, { parent: args.platform, ...opts });
    const { platform, tls } = args;
    this.ref = args.ref ?? MetricsAdapter.declare(platform);
    const settings = adapterSettings(args);
    const plain = this.workload(args, settings);
    const problems = [...checkAdapter(name, settings), ...platform.problems(this.ref, plain)];
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const { settings: around, namespace, labels } = platform.surroundings;
    if (around.suspended) {
      this.registerOutputs();
      return;
    }
    const key: Secret = platform.secret("metrics-adapter-key", tls.key, { parent: this });
    const selector = selectorLabels(platform.prefix, this.ref);
    const metadata = (own?: string, annotations?: Record<string, string>) => ({
      ...(own === undefined ? {} : { name: own }),
      namespace,
      labels: { ...labels, ...selector },
      ...(annotations ? { annotations } : {}),
    });
    const child = { parent: this };
    const service = serviceOf(this.ref);

    this.networkPolicy = new kubernetes.networking.v1.NetworkPolicy(
      service,
      { metadata: metadata(service), spec: ingressSpec(selector, around.apiServer?.cidrs ?? []) },
      child,
    );
    this.running = platform.run(
      this.ref,
      { ...plain, secrets: { [KEY]: key, ...plain.secrets } },
      { parent: this, dependsOn: [this.networkPolicy] },
    );
    const { serviceAccount } = this.running.resource as KubernetesWorkload;
    const subjects = serviceAccount ? [{ kind: "ServiceAccount", name: serviceAccount.metadata.name, namespace }] : [];
    const apiGroup = "rbac.authorization.k8s.io";
    this.clusterRoleBinding = new kubernetes.rbac.v1.ClusterRoleBinding(
      `${this.ref.fullName}-delegator`,
      // Named by the provider: it is cluster-wide, and there may be several stacks.
      { metadata: { labels: { ...labels, ...selector } }, roleRef: { apiGroup, kind: "ClusterRole", name: DELEGATOR }, subjects },
      child,
    );
    this.roleBinding = new kubernetes.rbac.v1.RoleBinding(
      `${this.ref.fullName}-reader`,
      {
        metadata: { namespace: "kube-system", labels: { ...labels, ...selector } },
        roleRef: { apiGroup, kind: "Role", name: READER },
        subjects,
      },
      child,
    );
    this.service = new kubernetes.core.v1.Service(service, { metadata: metadata(service, SKIP_AWAIT), spec: serviceSpec(selector) }, child);
    this.apiService = new kubernetes.apiregistration.v1.APIService(
      `${API.version}.${API.group}`,
      {
        metadata: { name: `${API.version}.${API.group}`, labels: { ...labels, ...selector } },
        spec: pulumi.all([namespace, tls.authority]).apply(([where, authority]) => apiServiceSpec(service, where, authority)),
      },
      { parent: this, dependsOn: [this.running.resource, this.service, this.clusterRoleBinding, this.roleBinding] },
    );
    this.registerOutputs();
  }

  /** The adapter, its key not yet attached. */
  private workload({ image, prometheus, tls, workload }: MetricsAdapterArgs, settings: AdapterSettings): Workload {
    const { ref, pathPrefix = "" } = prometheus;
    const timing = { interval: 5, timeout: 5, retries: 3, startPeriod: 60 };
    const base: Workload = {
      kind: "service",
      image,
      command: [settings.command],
      args: [
        `--secure-port=${PORT}`,
        `--tls-cert-file=${CERTIFICATE}`,
        `--tls-private-key-file=${KEY}`,
        `--config=${CONFIG}`,
        `--prometheus-url=http://${ref.host}:${ref.ports["http"]}${pathPrefix}/`,
        `--metrics-relist-interval=${settings.relist}s`,
      ],
      files: { [CONFIG]: { content: adapterConfig(settings) }, [CERTIFICATE]: { content: tls.certificate } },
      ports: [{ name: "https", container: PORT }],
      health: {
        live: { http: { port: "https", path: "/livez", scheme: "https" }, ...timing },
        ready: { http: { port: "https", path: "/readyz", scheme: "https" }, ...timing },
      },
      resources: { limits: { cpu: "200m", memory: "192Mi" }, reservations: { cpu: "20m", memory: "64Mi" } },
      scale: { replicas: 2 },
      security: { user: { uid: 10103, gid: 10103 }, writable: ["/tmp"] },
      // Its rights are Kubernetes' own roles, bound below: in the namespace it may do nothing.
      access: [],
      connects: [onlyPorts(ref, ["http"])],
    };
    return overrideWorkload(base, workload);
  }
}
