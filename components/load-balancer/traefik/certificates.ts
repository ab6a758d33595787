import * as pulumi from "@pulumi/pulumi";
import type { IssuedCertificate } from "../../certificates";
import type { Problem } from "../../workload";
import { acmeCertificates, checkAcme, sitesOf, type AcmeCertificate } from "../acme";
import { certificateNames, type NamedBalancer } from "../certificate-names";
import { dashboardOf } from "./late";
import type { TraefikLoadBalancerOptions } from "./options";
import type { TraefikCertificate } from "./render";

/** A certificate that the own authority issues. */
interface OwnCertificate {
  /** Tells it among the balancer's. */
  suffix: string;
  /** @default every host that asks for none of the others */
  hosts?: string[];
  names: { dnsNames: string[]; ipAddresses: string[] };
}

/** The balancer's names; the dashboard is a site like a route's. */
function named(options: TraefikLoadBalancerOptions): NamedBalancer {
  const dashboard = dashboardOf(options);
  return { hosts: options.hosts ?? [], routes: [...options.routes, ...(dashboard ? [{ hosts: [dashboard.host] }] : [])] };
}

/** Certificates an ACME authority is asked for. */
export function acmeOf(options: TraefikLoadBalancerOptions): AcmeCertificate[] {
  const { tls } = options;
  return tls !== false && tls.acme ? acmeCertificates(tls.acme, sitesOf({ ...named(options), tls })) : [];
}

/**
 * What the own authority issues: one certificate for each that an ACME authority is to issue, for exactly the same names, which serves until
 * that one takes its place; and one for all other names.
 */
function ownCertificates(options: TraefikLoadBalancerOptions): OwnCertificate[] {
  const { tls } = options;
  if (tls === false || !tls.authority) return [];
  const asked = acmeOf(options).map(({ hosts }, index) => ({
    suffix: `tls-acme-${index}`,
    hosts,
    names: { dnsNames: hosts, ipAddresses: [] },
  }));
  const taken = new Set(asked.flatMap(({ hosts }) => hosts));
  const { dnsNames, ipAddresses } = certificateNames(named(options), tls.alsoFor);
  const rest = { dnsNames: dnsNames.filter((name) => !taken.has(name.toLowerCase())), ipAddresses };
  const isEmpty = rest.dnsNames.length === 0 && rest.ipAddresses.length === 0;
  return [...(isEmpty && asked.length > 0 ? [] : [{ suffix: "tls", names: rest }]), ...asked];
}

/** A certificate that the own authority has issued. */
export interface IssuedOwn extends Pick<OwnCertificate, "hosts"> {
  certificate: IssuedCertificate;
}

/** Has the own authority issue what it is to issue. */
export function issueOwn(name: string, options: TraefikLoadBalancerOptions, parent: pulumi.Resource): IssuedOwn[] {
  const { tls } = options;
  if (tls === false || !tls.authority) return [];
  const { authority } = tls;
  return ownCertificates(options).map(({ suffix, hosts, names }) => ({
    certificate: authority.issue(`${name}-${suffix}`, names, { parent }),
    ...(hosts ? { hosts } : {}),
  }));
}

/** Certificates before they are known: how many, and for which hosts. */
export function earlyCertificates(options: TraefikLoadBalancerOptions): TraefikCertificate[] {
  const given = options.tls === false ? [] : (options.tls.certificates ?? []);
  return [...given, ...ownCertificates(options)].map(({ hosts }) => ({ certificate: "", key: "", ...(hosts ? { hosts } : {}) }));
}

/** Every certificate with its content. @param issued what {@link issueOwn} gave */
export function certificatesOf({ tls }: TraefikLoadBalancerOptions, issued: readonly IssuedOwn[]): pulumi.Output<TraefikCertificate[]> {
  const given = (tls === false ? [] : (tls.certificates ?? [])).map(({ certificate, key, hosts }) => ({
    certificate,
    key: pulumi.secret(key),
    ...(hosts ? { hosts } : {}),
  }));
  const own = issued.map(({ certificate: { certificatePem, privateKeyPem }, ...rest }) => ({
    certificate: certificatePem,
    key: privateKeyPem,
    ...rest,
  }));
  return pulumi.output([...given, ...own]) as pulumi.Output<TraefikCertificate[]>;
}

/** What is wrong with where certificates come from. */
export function checkCertificates(name: string, options: TraefikLoadBalancerOptions): Problem[] {
  const { tls, ports, replicas = 1 } = options;
  if (tls === false) return [];
  const problems: Problem[] = [];
  const report = (path: string, message: string, fix: string) => problems.push({ path: `${name}.${path}`, message, fix });
  const authority = "give tls.authority (new OwnCertificateAuthority(…))";
  if (!tls.authority && !tls.acme && !tls.builtInAcme && (tls.certificates?.length ?? 0) === 0) {
    report("tls", "has neither certificates nor an authority", `${authority}, tls.certificates, tls.builtInAcme, or tls: false`);
  }
  if (tls.builtInAcme && replicas > 1) {
    report("replicas", `${replicas} balancers cannot share what tls.builtInAcme gets`, "use tls.acme, or a single balancer");
  }
  if (!tls.acme) return problems;
  if (!tls.authority) {
    report("tls.authority", "is missing, so nothing could serve until the first certificate of tls.acme is there", authority);
  }
  if (tls.builtInAcme) report("tls.builtInAcme", "is there beside tls.acme, which gets the same certificates", "leave one of the two out");
  const surroundings = { ...sitesOf({ ...named(options), tls }), plainHttp: ports?.http !== false };
  return [...problems, ...checkAcme(`${name}.tls.acme`, tls.acme, surroundings)];
}
