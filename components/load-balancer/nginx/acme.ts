import type * as pulumi from "@pulumi/pulumi";
import type { Running } from "../../platform";
import { onlyPorts, type MetricsTarget, type Ref } from "../../workload";
import { challengePorts, challengeTarget, declareAcme, offerCertificates, offerUrl, PATIENCE } from "../acme";
import type { Channel } from "../channel";
import { acmeOf } from "./certificates";
import type { NginxLoadBalancerOptions } from "./options";
import type { Target } from "./render";

/** What the balancer needs of the service that gets certificates, and what became of it. */
export interface OfferedCertificates {
  connects: Ref[];
  env: Record<string, string>;
  /** See `BalancerParts`. */
  patience: number;
  targets: MetricsTarget[];
  running: Running;
}

/** Where challenges are answered; undefined without `tls.acme`, or where names are proved by DNS. */
export function acmeTarget(balancer: Ref, { platform, tls }: NginxLoadBalancerOptions): Target | undefined {
  return tls !== false && tls.acme ? challengeTarget(declareAcme(platform, balancer), tls.acme) : undefined;
}

/** Creates the service that gets certificates and offers them to the balancers. @returns undefined without `tls.acme` */
export function offerToBalancer(
  name: string,
  channel: Channel,
  balancer: Ref,
  options: NginxLoadBalancerOptions,
  parent: pulumi.Resource,
): OfferedCertificates | undefined {
  const { platform, tls, placement, scraper } = options;
  if (tls === false || !tls.acme) return undefined;
  const ref = declareAcme(platform, balancer);
  const { running, targets } = offerCertificates(name, {
    ...{ platform, ref, balancer, placement, scraper, parent, acme: tls.acme },
    certificates: acmeOf(options),
    channel: channel.server("acme-server", ref),
  });
  return {
    connects: [onlyPorts(ref, ["offer", ...challengePorts(tls.acme)])],
    env: { NGINX_OVERLAY: offerUrl(ref), NGINX_OVERLAY_WAIT: String(PATIENCE) },
    patience: PATIENCE,
    targets,
    running,
  };
}
