import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { describeProblems, exemptionInputs } from "../workload";
import {
  authorityDefaults,
  checkAuthority,
  checkIssue,
  issueDefaults,
  type CertificateAuthorityArgs,
  type CertificateUse,
  type IssueArgs,
} from "./options";

const HOURS_A_DAY = 24;

/** P-256 signs and verifies fast and every TLS client of the last decade knows it (Mozilla's intermediate profile asks for it). */
const KEY = { algorithm: "ECDSA", ecdsaCurve: "P256" };

const EXTENDED_USE: Record<CertificateUse, string> = { server: "server_auth", client: "client_auth" };

function ecdsaKey(name: string, parent: pulumi.Resource): { resource: tls.PrivateKey; pem: pulumi.Output<string> } {
  const resource = new tls.PrivateKey(name, KEY, {
    parent,
    additionalSecretOutputs: ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"],
  });
  return { resource, pem: pulumi.secret(resource.privateKeyPemPkcs8) };
}

/**
 * A certificate issued by an {@link OwnCertificateAuthority}, with its own ECDSA P-256 key.
 * It is issued anew by the first `up` within `renewBeforeDays` of its end; the key stays.
 */
export class IssuedCertificate extends pulumi.ComponentResource {
  /** The certificate alone, PEM: what a server shows when clients trust the authority. */
  readonly certificatePem: pulumi.Output<string>;
  /** The certificate followed by the authority's, PEM. */
  readonly chainPem: pulumi.Output<string>;
  /** The authority's certificate, PEM: what the other side has to trust. */
  readonly authorityPem: pulumi.Output<string>;
  /** The private key, PKCS#8 PEM. Secret. */
  readonly privateKeyPem: pulumi.Output<string>;
  /** End of validity, RFC 3339. */
  readonly validUntil: pulumi.Output<string>;
  readonly privateKey: tls.PrivateKey;
  readonly request: tls.CertRequest;
  readonly certificate: tls.LocallySignedCert;

  /** @throws pulumi.ResourceError with every problem of the options at once */
  constructor(name: string, args: IssueArgs & { authority: OwnCertificateAuthority }, opts?: pulumi.ComponentResourceOptions) {
    const { authority, ...given } = args;
    const filled = issueDefaults(name, given);
    const problems = checkIssue(name, filled);
    super("testbro:certificates:IssuedCertificate", name, exemptionInputs(filled.policyExemptions), opts);
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const key = ecdsaKey(`${name}-key`, this);
    this.privateKey = key.resource;
    this.request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.pem,
        subject: { commonName: filled.commonName, organization: authority.organization },
        dnsNames: filled.dnsNames,
        ipAddresses: filled.ipAddresses,
      },
      { parent: this },
    );
    this.certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: this.request.certRequestPem,
        caCertPem: authority.certificatePem,
        caPrivateKeyPem: authority.privateKeyPem,
        allowedUses: ["digital_signature", ...filled.uses.map((use) => EXTENDED_USE[use])],
        validityPeriodHours: filled.validityDays * HOURS_A_DAY,
        earlyRenewalHours: filled.renewBeforeDays * HOURS_A_DAY,
        setSubjectKeyId: true,
      },
      { parent: this },
    );
    this.privateKeyPem = key.pem;
    this.certificatePem = this.certificate.certPem;
    this.authorityPem = authority.certificatePem;
    this.chainPem = pulumi.interpolate`${this.certificatePem}${this.authorityPem}`;
    this.validUntil = this.certificate.validityEndTime;
    this.registerOutputs({ certificatePem: this.certificatePem, validUntil: this.validUntil });
  }
}

/**
 * A certificate authority of one's own, for names no public authority would sign and for TLS between tiers.
 * The key never leaves Pulumi's (encrypted) state; whoever should trust it gets {@link certificatePem}.
 * @example
 * const ca = new OwnCertificateAuthority("testbro");
 * const postgres = ca.issue("postgres", { dnsNames: [ref.host], uses: ["server"] });
 * platform.secret("postgres-key", postgres.privateKeyPem);
 */
export class OwnCertificateAuthority extends pulumi.ComponentResource {
  /** The authority's certificate, PEM. */
  readonly certificatePem: pulumi.Output<string>;
  /** The authority's key, PKCS#8 PEM. Secret. */
  readonly privateKeyPem: pulumi.Output<string>;
  /** Organization in the subject of everything it issues. */
  readonly organization: string;
  readonly privateKey: tls.PrivateKey;
  readonly certificate: tls.SelfSignedCert;

  /** @throws pulumi.ResourceError with every problem of the options at once */
  constructor(name: string, args: CertificateAuthorityArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    const filled = authorityDefaults(name, args);
    const problems = checkAuthority(name, filled);
    super("testbro:certificates:OwnCertificateAuthority", name, {}, opts);
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    const key = ecdsaKey(`${name}-key`, this);
    this.privateKey = key.resource;
    this.certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.pem,
        subject: { commonName: filled.commonName, organization: filled.organization },
        allowedUses: ["cert_signing", "crl_signing"],
        isCaCertificate: true,
        // It signs servers and clients, never another authority.
        maxPathLength: 0,
        setSubjectKeyId: true,
        validityPeriodHours: filled.validityDays * HOURS_A_DAY,
        earlyRenewalHours: filled.renewBeforeDays * HOURS_A_DAY,
      },
      { parent: this },
    );
    this.organization = filled.organization;
    this.privateKeyPem = key.pem;
    this.certificatePem = this.certificate.certPem;
    this.registerOutputs({ certificatePem: this.certificatePem });
  }

  /**
   * Issues a certificate; a child of this authority unless `opts.parent` says otherwise.
   * @throws pulumi.ResourceError with every problem of the options at once
   */
  issue(name: string, args: IssueArgs, opts?: pulumi.ComponentResourceOptions): IssuedCertificate {
    return new IssuedCertificate(name, { ...args, authority: this }, { parent: this, ...opts });
  }
}
