import { isIP } from "node:net";
import type { AcmeOptions } from "./options";

/** One certificate to be got. */
export interface AcmeCertificate {
  /** Its names; the first gives the files their name. */
  hosts: string[];
  /** Name of its file, and with `.key` for `.pem` of its key's; the image's scripts know the same rule. */
  file: string;
}

/** What of the balancer decides about its certificates. */
export interface Sites {
  /** Host names of each site; a site is what shares a certificate. */
  sites: readonly (readonly string[])[];
  /** Host names that have certificates already, `*.example.org` included. */
  covered: readonly string[];
}

/** What of a balancer's options says which names share a certificate. */
export interface SitedBalancer {
  hosts?: readonly string[];
  routes: readonly { hosts?: readonly string[] }[];
  tls: { certificates?: readonly { hosts?: readonly string[] }[] } | false;
}

/** The lists of host names that share a certificate, and those that have one already. */
export function sitesOf({ hosts = [], routes, tls }: SitedBalancer): Sites {
  const sites = new Map(routes.map((route) => route.hosts ?? hosts).map((site) => [[...site].sort().join(" "), site]));
  const given = tls === false ? [] : (tls.certificates ?? []);
  return { sites: [...sites.values()], covered: given.flatMap((certificate) => certificate.hosts ?? []) };
}

/** Names are the same in any case (RFC 4343); files and the authority have them in lower case. */
export function normalized(hosts: readonly string[]): string[] {
  return [...new Set(hosts.map((host) => host.toLowerCase()))];
}

/** Whether a list of certificates' names has a host in it, itself or by a wildcard. */
export function isCovered(covered: readonly string[], host: string): boolean {
  const names = normalized(covered);
  return names.includes(host.toLowerCase()) || names.includes(`*${host.slice(host.indexOf(".")).toLowerCase()}`);
}

/** Names that certificates are wanted for. */
export function wantedHosts(options: Pick<AcmeOptions, "hosts">, { sites, covered }: Sites): string[] {
  return normalized(options.hosts ?? sites.flat().filter((host) => isIP(host) === 0 && !isCovered(covered, host)));
}

/** One certificate for each site with names that are wanted: a name that cannot be had yet holds up no other site. */
export function acmeCertificates(options: Pick<AcmeOptions, "hosts">, sites: Sites): AcmeCertificate[] {
  const wanted = new Set(wantedHosts(options, sites));
  return sites.sites.flatMap((site) => {
    const hosts = normalized(site).filter((host) => wanted.has(host));
    return hosts[0] === undefined ? [] : [{ hosts, file: `acme-${hosts[0].replace("*", "_")}.pem` }];
  });
}
