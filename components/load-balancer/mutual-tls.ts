import type * as pulumi from "@pulumi/pulumi";
import { OwnCertificateAuthority, type IssuedCertificate, type IssueArgs } from "../certificates";

/** Replacing these certificates replaces who shows them, so it is as rare as can be. */
const VALIDITY_DAYS = 825;

/**
 * Certificates by which a balancer and the services beside it know each other. Their authority signs these and nothing else, so whoever
 * shows one of them is one of them.
 */
export class MutualTls {
  readonly #authority: OwnCertificateAuthority;

  /**
   * @param name start of the certificates' names
   * @param authority name of the authority
   * @param exemption why its certificates may live longer than the policies want
   */
  constructor(
    private readonly name: string,
    authority: string,
    private readonly exemption: string,
    private readonly parent: pulumi.Resource,
  ) {
    this.#authority = new OwnCertificateAuthority(authority, {}, { parent });
  }

  /** Certificate of the authority, PEM: what both sides trust. */
  get authorityPem(): pulumi.Output<string> {
    return this.#authority.certificatePem;
  }

  /** A service that answers under a host name. */
  server(suffix: string, host: string): IssuedCertificate {
    return this.#issue(suffix, { dnsNames: [host] });
  }

  /** Who asks. */
  client(suffix: string, commonName: string): IssuedCertificate {
    return this.#issue(suffix, { commonName, uses: ["client"] });
  }

  #issue(suffix: string, args: IssueArgs): IssuedCertificate {
    return this.#authority.issue(
      `${this.name}-${suffix}`,
      { ...args, validityDays: VALIDITY_DAYS, policyExemptions: { "tls-certificate-lifetime": this.exemption } },
      { parent: this.parent },
    );
  }
}
