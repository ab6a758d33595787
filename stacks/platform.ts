import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "@testbro/components/platform";
import type { EntranceSettings } from "@testbro/components/platform/kubernetes";
import { ClusterError, clusterOf } from "./cluster";
import type { Environment } from "./environment";
import { wantsMetricsAdapter } from "./metrics-adapter";

/** Labels on everything a stack makes. */
function labelsOf({ owner }: Environment): Record<string, string> {
  return owner === "" ? {} : { "testbro.owner": owner };
}

async function swarm(environment: Environment): Promise<Platform> {
  const { SwarmPlatform } = await import("@testbro/components/platform/swarm");
  return new SwarmPlatform(environment.name, {
    singleNode: environment.size === "small",
    encrypted: environment.encryptedNetworks,
    suspended: environment.suspended,
    labels: labelsOf(environment),
  });
}

/** The provider's settings. @throws pulumi.RunError, which is printed without a stack trace, where the cluster is not to be found */
function cluster(environment: Environment): ReturnType<typeof clusterOf> {
  try {
    return clusterOf(environment.kubernetes);
  } catch (error) {
    if (error instanceof ClusterError) throw new pulumi.RunError(`Stack ${pulumi.getStack()} cannot be deployed:\n${error.message}`);
    throw error;
  }
}

/** Settings of the entrance that configuration describes. */
function entranceOf({ kubernetes: { entrance }, domain }: Environment, authority: pulumi.Input<string>): EntranceSettings | undefined {
  if (!entrance) return undefined;
  const { kind, className, issuer, secretName = "", annotations } = entrance;
  return { kind, className, hosts: [domain], certificate: issuer ? { issuer } : { secretName }, annotations, authority };
}

async function kubernetes(environment: Environment, authority: pulumi.Input<string>): Promise<Platform> {
  const { Provider } = await import("@pulumi/kubernetes");
  const { KubernetesPlatform, REQUESTS_METRIC } = await import("@testbro/components/platform/kubernetes");
  const { kubernetes: config, name } = environment;
  const provider = new Provider("kubernetes", cluster(environment));
  const { watch = true, ...nodes } = config.nodes ?? {};
  const requestsPerSecond = wantsMetricsAdapter(environment) ? REQUESTS_METRIC : config.requestsMetric;
  return new KubernetesPlatform(
    name,
    {
      namespace: config.namespace,
      createNamespace: config.createNamespace,
      dns: { clusterDomain: config.clusterDomain, resolvers: config.resolvers, ttl: config.dnsSeconds },
      publish: {
        type: config.publish,
        externalTrafficPolicy: config.externalTrafficPolicy,
        annotations: config.publishAnnotations,
        drain: config.drainSeconds,
        entrance: entranceOf(environment, authority),
      },
      storage: { className: config.storageClass },
      autoscaling: { scaleDownStabilization: config.scaleDownSeconds, requestsPerSecond },
      apiServer: config.apiServer,
      nodes: watch ? nodes : undefined,
      priorityClasses: config.priorityClasses,
      imagePullSecrets: config.imagePullSecrets,
      suspended: environment.suspended,
      labels: labelsOf(environment),
    },
    { provider },
  );
}

/**
 * The platform of an environment. Only the chosen one's provider is loaded, which takes a moment each.
 * @param authority certificate of the authority that signs the balancer's own, PEM
 */
export function platformOf(environment: Environment, authority: pulumi.Input<string>): Promise<Platform> {
  return environment.platform === "kubernetes" ? kubernetes(environment, authority) : swarm(environment);
}
