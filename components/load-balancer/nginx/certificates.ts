import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { IssuedCertificate } from "../../certificates";
import type { Problem } from "../../workload";
import { acmeCertificates, checkAcme, sitesOf, type AcmeCertificate } from "../acme";
import type { BalancerTls, NginxLoadBalancerOptions } from "./options";
import type { CertificateFiles, TlsOptions } from "./render";
import { FETCHED, MOUNTED, type FileLayout } from "./routes";

/** A certificate as it reaches the balancer. */
export interface Certificate extends CertificateFiles {
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
  /** Tells its key among the balancer's secrets. */
  name: string;
}

/** Where the balancer's files are. */
export function layoutOf(options: Pick<NginxLoadBalancerOptions, "onChange">): FileLayout {
  return options.onChange === "reload" ? FETCHED : MOUNTED;
}

/** Certificates an ACME authority is asked for. */
export function acmeOf(options: NginxLoadBalancerOptions): AcmeCertificate[] {
  return options.tls !== false && options.tls.acme ? acmeCertificates(options.tls.acme, sitesOf(options)) : [];
}

/** Files by position: given ones, those of an ACME authority, and last the own authority's, which is for every host. */
function filesOf(options: NginxLoadBalancerOptions): (CertificateFiles & { name: string })[] {
  const { tls } = options;
  if (tls === false) return [];
  const layout = layoutOf(options);
  const numbered = (index: number) => ({
    certificateFile: layout.certificate(index),
    keyFile: layout.key(index),
    name: `tls-${index}`,
  });
  const given = tls.certificates ?? [];
  return [
    ...given.map(({ hosts }, index) => ({ ...numbered(index), ...(hosts ? { hosts } : {}) })),
    ...acmeOf(options).map(({ file, hosts }, index) => ({
      certificateFile: `/@bundle@/${file}`,
      keyFile: `/@bundle@/${file.replace(/\.pem$/, ".key")}`,
      hosts,
      name: `acme-${index}`,
    })),
    // The general one last: certificates for certain hosts are looked at first anyway, and order then tells nothing.
    ...(tls.authority ? [numbered(given.length)] : []),
  ];
}

/** TLS as the renderer takes it. */
export function tlsOptions(options: NginxLoadBalancerOptions, stapling: boolean): TlsOptions | false {
  const { tls } = options;
  if (tls === false) return false;
  const { profile, hsts, http2, http3, sessionCache, sessionTimeout } = tls;
  const certificates = filesOf(options).map(({ certificateFile, keyFile, hosts }) => ({
    certificateFile,
    keyFile,
    ...(hosts ? { hosts } : {}),
  }));
  return { ...{ profile, hsts, http2, http3, sessionCache, sessionTimeout }, stapling, certificates };
}

/** Every certificate with its content. Where an ACME authority is to issue one, the own authority's serves until then. */
export function certificatesOf(options: NginxLoadBalancerOptions, issued: IssuedCertificate | undefined): Certificate[] {
  const given = (options.tls === false ? [] : (options.tls.certificates ?? [])).map((each) => ({
    certificate: pulumi.output(each.certificate),
    key: pulumi.secret(each.key),
  }));
  return filesOf(options).flatMap((files, index) => {
    const content = given[index] ?? (issued && { certificate: issued.certificatePem, key: issued.privateKeyPem });
    return content ? [{ ...files, ...content }] : [];
  });
}

/** Whether every certificate names an OCSP responder: stapling for one without would only log errors. */
export function staplingOf(tls: BalancerTls | false, certificates: Certificate[]): pulumi.Output<boolean> {
  if (tls === false || tls.stapling === false) return pulumi.output(false);
  return pulumi.all(certificates.map(({ certificate }) => certificate)).apply((all) => all.length > 0 && all.every(namesResponder));
}

/**
 * Whether answers of a responder may be fetched. That is known before the certificates are: those of an own authority or of ACME name no
 * responder, a given one may.
 */
export function mayStaple({ tls }: NginxLoadBalancerOptions): boolean {
  return tls !== false && tls.stapling !== false && !tls.authority && (tls.certificates?.length ?? 0) > 0;
}

function namesResponder(pem: string): boolean {
  try {
    return /^OCSP - URI:/m.test(new X509Certificate(pem).infoAccess ?? "");
  } catch {
    // What is no certificate at all is nginx's to explain when it tests the configuration.
    return false;
  }
}

/** What is wrong with where certificates come from. */
export function checkCertificates(name: string, options: NginxLoadBalancerOptions): Problem[] {
  const { tls } = options;
  if (tls === false) return [];
  const problems: Problem[] = [];
  if (!tls.authority && (tls.certificates?.length ?? 0) === 0) {
    problems.push({
      path: `${name}.tls`,
      message: "has neither certificates nor an authority",
      fix: "give tls.authority (new OwnCertificateAuthority(…)), tls.certificates, or tls: false",
    });
  }
  if (!tls.acme) return problems;
  if (options.onChange !== "reload") {
    problems.push({
      path: `${name}.onChange`,
      message: `"${options.onChange ?? "roll"}" does not go with tls.acme, whose certificates change while the balancer runs`,
      fix: 'write onChange: "reload"',
    });
  }
  if (!tls.authority) {
    problems.push({
      path: `${name}.tls.authority`,
      message: "is missing, so nothing could serve until the first certificate of tls.acme is there",
      fix: "give tls.authority (new OwnCertificateAuthority(…))",
    });
  }
  if (options.acme) {
    problems.push({
      path: `${name}.acme`,
      message: "is there beside tls.acme, which answers challenges itself",
      fix: "leave one of the two out",
    });
  }
  return [...problems, ...checkAcme(`${name}.tls.acme`, tls.acme, { ...sitesOf(options), plainHttp: options.ports?.http !== false })];
}
