import * as pulumi from "@pulumi/pulumi";
import type { Running } from "../../platform";
import { metricsTarget, onlyPorts, type MetricsTarget, type Ref, type Secret } from "../../workload";
import { acmeWorkload, declareAcme } from "../acme";
import { acmeOf } from "./certificates";
import type { Channel } from "./channel";
import type { NginxLoadBalancerOptions } from "./options";
import type { Target } from "./render";

/** Seconds a balancer that starts waits for the certificates; a restart of both is over by then. */
const PATIENCE = 20;

/** What the balancer needs of the service that gets certificates, and what became of it. */
export interface OfferedCertificates {
  connects: Ref[];
  env: Record<string, string>;
  /** See `BalancerParts`. */
  patience: number;
  targets: MetricsTarget[];
  running: Running;
}

/** The reference of the service; undefined without `tls.acme`. */
export function acmeRef(balancer: Ref, { platform, tls }: NginxLoadBalancerOptions): Ref | undefined {
  return tls !== false && tls.acme ? declareAcme(platform, balancer) : undefined;
}

function usesHttp({ tls }: NginxLoadBalancerOptions): boolean {
  return tls !== false && (tls.acme?.challenge ?? "http-01") === "http-01";
}

/** Where challenges are answered by the service. */
export function challengeTarget(ref: Ref | undefined, options: NginxLoadBalancerOptions): Target | undefined {
  return ref && usesHttp(options) ? { host: ref.host, port: ref.ports["challenge"] ?? 1 } : undefined;
}

/** Creates the service that gets certificates and offers them to the balancers. @returns undefined without `tls.acme` */
export function offerCertificates(
  name: string,
  channel: Channel,
  balancer: Ref,
  options: NginxLoadBalancerOptions,
  parent: pulumi.Resource,
): OfferedCertificates | undefined {
  const { platform, tls, placement, scraper } = options;
  const ref = acmeRef(balancer, options);
  if (tls === false || !tls.acme || !ref) return undefined;
  const { challenge = "http-01" } = tls.acme;
  const credentials = Object.entries(challenge === "http-01" ? {} : (challenge.dns.secrets ?? {})).map(
    ([variable, value]): [string, Secret] => [
      variable,
      platform.secret(`${name}-acme-${variable.toLowerCase().replaceAll("_", "-")}`, pulumi.secret(value), { parent }),
    ],
  );
  const workload = acmeWorkload(tls.acme, {
    balancer,
    certificates: acmeOf(options),
    channel: channel.server("acme-server", ref),
    credentials: Object.fromEntries(credentials),
    ...(placement ? { placement } : {}),
    ...(scraper ? { scraper } : {}),
  });
  const target = metricsTarget("load-balancer", ref, workload);
  return {
    connects: [onlyPorts(ref, ["offer", ...(usesHttp(options) ? ["challenge"] : [])])],
    env: { NGINX_OVERLAY: `https://${ref.host}:${ref.ports["offer"] ?? ""}`, NGINX_OVERLAY_WAIT: String(PATIENCE) },
    patience: PATIENCE,
    targets: target ? [target] : [],
    running: platform.run(ref, workload, { parent }),
  };
}
