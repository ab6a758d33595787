import type * as pulumi from "@pulumi/pulumi";
import type { Placement, WorkloadOverrides } from "../../workload";

/** Directories of Let's Encrypt. Certificates of `staging` are not trusted by browsers; its rate limits are generous. */
export const LETS_ENCRYPT = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

/** Keys a certificate can have. */
export const KEY_TYPES = ["ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** How to write the challenge's record (DNS-01). */
export interface DnsChallenge {
  /** Code of one of lego's providers: https://go-acme.github.io/lego/dns/ @example "cloudflare" */
  provider: string;
  /** The provider's credentials by lego's name for them; they reach it as files. @example { CLOUDFLARE_DNS_API_TOKEN: config.requireSecret("dnsToken") } */
  secrets?: Record<string, pulumi.Input<string>>;
  /** Its settings that are no secrets. @example { AWS_REGION: "eu-central-1" } */
  env?: Record<string, pulumi.Input<string>>;
  /** Seconds until a record is seen everywhere. @default the domain's name servers are asked until they have it */
  wait?: number;
}

/** Certificates from an ACME authority (RFC 8555), whose terms of service are agreed to by using it. */
export interface AcmeOptions {
  /** Image of the service that gets the certificates (`images/acme`). */
  image: pulumi.Input<string>;
  /** Whom the authority tells about problems. */
  email: string;
  /** URL of the authority's directory. @default Let's Encrypt's production @example LETS_ENCRYPT.staging */
  directory?: string;
  /** Certificate of the authority that signed the directory's own, PEM; for an ACME authority of one's own. @default the system's list */
  directoryCa?: pulumi.Input<string>;
  /** Names to get certificates for, one certificate for each site. @default every name of the balancer and its routes without a certificate of its own */
  hosts?: string[];
  /** How to prove that the names are ours: at port 80 of each, or by a DNS record, which also allows wildcards. @default "http-01" */
  challenge?: "http-01" | { dns: DnsChallenge };
  /** @default "ec256" */
  keyType?: KeyType;
  /**
   * Days before its end at which a certificate is renewed, at most 30. @default a third of its lifetime, half of it below 10 days; sooner when
   * the authority says so (RFC 9773)
   */
  renewDaysBefore?: number;
  /** @default the balancer's; on a Swarm of several nodes one that a single node has, since its volume stays there */
  placement?: Placement;
  /** Any field of the workload, laid over everything above. */
  workload?: WorkloadOverrides;
}
