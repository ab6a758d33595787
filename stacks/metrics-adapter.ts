import type { OwnCertificateAuthority } from "@testbro/components/certificates";
import type { Platform } from "@testbro/components/platform";
import type { Ref } from "@testbro/components/workload";
import type { Environment } from "./environment";

/** Whether the cluster's autoscalers are to know request rates by an adapter of the stack's own. */
export function wantsMetricsAdapter({ platform, images }: Pick<Environment, "platform" | "images">): boolean {
  return platform === "kubernetes" && images["metrics-adapter"] !== undefined;
}

/** What the adapter lacks. */
export function checkMetricsAdapter(project: string, environment: Environment): string[] {
  const { images, kubernetes, platform } = environment;
  if (images["metrics-adapter"] === undefined) return [];
  if (platform !== "kubernetes") {
    return [
      `${project}:images.metrics-adapter: is set, but the platform is ${platform}, whose auto-scaler asks Prometheus itself. Fix: remove it.`,
    ];
  }
  const problems: string[] = [];
  if (kubernetes.apiServer === undefined) {
    problems.push(
      `${project}:kubernetes.apiServer: is missing, and the metrics adapter is asked by it and asks it. Fix: pulumi config set --path '${project}:kubernetes.apiServer.cidrs[0]' ADDRESS/32 (kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes lists them).`,
    );
  }
  if (kubernetes.requestsMetric !== undefined) {
    problems.push(
      `${project}:kubernetes.requestsMetric: is set beside ${project}:images.metrics-adapter, which brings its own metric. Fix: remove one of the two.`,
    );
  }
  return problems;
}

/** Runs the adapter, where one is wanted. @param prometheus whose series it serves @param pathPrefix of Prometheus' pages */
export async function metricsAdapter(
  environment: Environment,
  platform: Platform,
  authority: OwnCertificateAuthority,
  prometheus: Ref,
  pathPrefix: string,
): Promise<void> {
  const image = environment.images["metrics-adapter"];
  if (!wantsMetricsAdapter(environment) || image === undefined || environment.suspended) return;
  const { KubernetesPlatform, MetricsAdapter } = await import("@testbro/components/platform/kubernetes");
  if (!(platform instanceof KubernetesPlatform)) return;
  const issued = authority.issue("metrics-adapter", { dnsNames: [MetricsAdapter.host(platform)] });
  new MetricsAdapter("metrics-adapter", {
    platform,
    image,
    prometheus: { ref: prometheus, pathPrefix },
    tls: { certificate: issued.certificatePem, key: issued.privateKeyPem, authority: authority.certificatePem },
  });
}
