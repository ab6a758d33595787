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
