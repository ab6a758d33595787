import type * as pulumi from "@pulumi/pulumi";
import { OwnCertificateAuthority } from "../../certificates";
import type { Platform } from "../../platform";
import type { Ref, Secret } from "../../workload";

/** Both sides' certificate and authority, and the image's variables that name them. */
const CERTIFICATE = "/etc/nginx/bundle-tls/certificate.pem";
const AUTHORITY = "/etc/nginx/bundle-tls/authority.pem";
const KEY = "/run/secrets/bundle-tls.key";
const ENV = { NGINX_BUNDLE_CERTIFICATE: CERTIFICATE, NGINX_BUNDLE_KEY: KEY, NGINX_BUNDLE_CA: AUTHORITY };

/** Replacing the balancer's own certificate replaces the balancer, so it is as rare as can be. */
const VALIDITY_DAYS = 825;
const POLICY_EXEMPTIONS = { "tls-certificate-lifetime": "renewing it replaces the balancer; it is shown to the bundle alone" };

/** What one side of the channel needs to take part in it. */
export interface ChannelEnd {
  files: Record<string, pulumi.Input<string>>;
  secrets: Record<string, Secret>;
  env: Record<string, string>;
}

/**
 * Mutual TLS between a balancer and the services that offer it files. Its authority signs these certificates and nothing else, so
 * whoever shows one of them is the balancer, or offers it something.
 */
export class Channel {
  readonly #authority: OwnCertificateAuthority;

  constructor(
    private readonly name: string,
    private readonly platform: Platform,
    private readonly parent: pulumi.Resource,
  ) {
    this.#authority = new OwnCertificateAuthority(`${name}-bundle-ca`, {}, { parent });
  }

  /** A service that offers files. @param suffix names its certificate */
  server(suffix: string, ref: Ref): ChannelEnd {
    return this.#end(suffix, { dnsNames: [ref.host] });
  }

  /** The balancer, which fetches them. */
  client(balancer: Ref): ChannelEnd {
    return this.#end("bundle-client", { commonName: balancer.fullName, uses: ["client"] });
  }

  #end(suffix: string, args: Parameters<OwnCertificateAuthority["issue"]>[1]): ChannelEnd {
    const issued = this.#authority.issue(
      `${this.name}-${suffix}`,
      { ...args, validityDays: VALIDITY_DAYS, policyExemptions: POLICY_EXEMPTIONS },
      { parent: this.parent },
    );
    return {
      files: { [CERTIFICATE]: issued.certificatePem, [AUTHORITY]: this.#authority.certificatePem },
      secrets: { [KEY]: this.platform.secret(`${this.name}-${suffix}-key`, issued.privateKeyPem, { parent: this.parent }) },
      env: ENV,
    };
  }
}
