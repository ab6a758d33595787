import * as pulumi from "@pulumi/pulumi";
import type { Platform, Running } from "../../platform";
import { metricsTarget, type MetricsTarget, type Placement, type Ref, type Secret } from "../../workload";
import type { ChannelEnd } from "../channel";
import type { AcmeCertificate } from "./certificates";
import type { AcmeOptions } from "./options";
import { acmeWorkload } from "./workload";

/** Seconds whoever fetches the certificates waits for them when it starts; a restart of both is over by then. */
export const PATIENCE = 20;

/** What the service is made of. */
export interface OfferParts {
  platform: Platform;
  /** The service, as `declareAcme` names it. */
  ref: Ref;
  /** Whose certificates it gets. */
  balancer: Ref;
  acme: AcmeOptions;
  certificates: readonly AcmeCertificate[];
  /** Its end of the channel to whoever fetches them. */
  channel: ChannelEnd;
  placement?: Placement | undefined;
  scraper?: Ref | undefined;
  parent: pulumi.Resource;
}

/** The service that runs. */
export interface Offered {
  running: Running;
  targets: MetricsTarget[];
}

/** Port of the service that challenges are passed on to; none where names are proved by DNS. */
export function challengePorts({ challenge = "http-01" }: AcmeOptions): "challenge"[] {
  return challenge === "http-01" ? ["challenge"] : [];
}

/** Where challenges are answered; undefined where names are proved by DNS. */
export function challengeTarget(ref: Ref, acme: AcmeOptions): { host: string; port: number } | undefined {
  const [name] = challengePorts(acme);
  return name && { host: ref.host, port: ref.ports[name] ?? 1 };
}

/** Where certificates are fetched. */
export function offerUrl(ref: Ref): string {
  return `https://${ref.host}:${ref.ports["offer"] ?? ""}`;
}

/** Creates the service that gets certificates and offers them. @param name of the balancer's component */
export function offerCertificates(name: string, parts: OfferParts): Offered {
  const { platform, ref, balancer, acme, certificates, channel, placement, scraper, parent } = parts;
  const { challenge = "http-01" } = acme;
  const credentials = Object.entries(challenge === "http-01" ? {} : (challenge.dns.secrets ?? {})).map(
    ([variable, value]): [string, Secret] => [
      variable,
      platform.secret(`${name}-acme-${variable.toLowerCase().replaceAll("_", "-")}`, pulumi.secret(value), { parent }),
    ],
  );
  const workload = acmeWorkload(acme, {
    balancer,
    certificates,
    channel,
    credentials: Object.fromEntries(credentials),
    ...(placement ? { placement } : {}),
    ...(scraper ? { scraper } : {}),
  });
  const target = metricsTarget("load-balancer", ref, workload);
  return {
    running: platform.run(ref, workload, { parent }),
    targets: target ? [target] : [],
  };
}
