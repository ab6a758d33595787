import type * as pulumi from "@pulumi/pulumi";
import type { Ref, Secret } from "../../workload";
import { declareAcme, offerCertificates, type AcmeOptions, type Offered } from "../acme";
import { channelEnd } from "../channel";
import type { MutualTls } from "../mutual-tls";
import { acmeOf } from "./certificates";
import { OFFERS } from "./discovery-workload";
import type { TraefikLoadBalancerOptions } from "./options";
import type { TraefikParts } from "./workload";

/** The service that gets certificates, and whose it is. */
export interface AcmeService {
  ref: Ref;
  options: AcmeOptions;
}

/** Names the service; undefined without `tls.acme`. */
export function acmeService(balancer: Ref, { platform, tls }: TraefikLoadBalancerOptions): AcmeService | undefined {
  return tls !== false && tls.acme ? { ref: declareAcme(platform, balancer), options: tls.acme } : undefined;
}

/** What balancer, discovery and this service know each other by, and where its keys are kept. */
export interface Between {
  tls: MutualTls;
  secret: (suffix: string, data: pulumi.Input<string>) => Secret;
}

/** What the discovery shows the service to fetch certificates from it. */
export function offersClient({ tls, secret }: Between, discovery: Ref): TraefikParts {
  const issued = tls.client("offers-client", discovery.fullName);
  return {
    files: { [OFFERS.caFile]: tls.authorityPem, [OFFERS.certificateFile]: issued.certificatePem },
    secrets: { [OFFERS.keyFile]: secret("offers-client-key", issued.privateKeyPem) },
  };
}

/** Creates the service. */
export function offerToDiscovery(
  name: string,
  { ref, options: acme }: AcmeService,
  { tls, secret }: Between,
  balancer: Ref,
  options: TraefikLoadBalancerOptions,
  parent: pulumi.Resource,
): Offered {
  const { platform, placement, scraper } = options;
  const issued = tls.server("acme-server", ref.host);
  return offerCertificates(name, {
    ...{ platform, ref, balancer, acme, placement, scraper, parent },
    certificates: acmeOf(options),
    channel: channelEnd(issued, tls.authorityPem, secret("acme-server-key", issued.privateKeyPem)),
  });
}
