import { isIP } from "node:net";

/** What of a balancer's options says which names its certificate carries. */
export interface NamedBalancer {
  /** Host names and addresses of routes that name none. */
  hosts?: readonly string[];
  routes: readonly { hosts?: readonly string[] }[];
}

/** Names and addresses a certificate carries besides the balancer's hosts. */
export interface AlsoFor {
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}

/**
 * Names and addresses the own authority's certificate of a balancer is for.
 * @param alsoFor besides its hosts; undefined: `localhost` and loopback where any host is answered, else nothing
 */
export function certificateNames(
  { hosts = [], routes }: NamedBalancer,
  alsoFor: AlsoFor | undefined,
): { dnsNames: string[]; ipAddresses: string[] } {
  const all = [...hosts, ...routes.flatMap((route) => route.hosts ?? [])];
  const also = alsoFor ?? (hosts.length > 0 ? {} : { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] });
  return {
    dnsNames: [...new Set([...all.filter((host) => isIP(host) === 0), ...(also.dnsNames ?? [])])],
    ipAddresses: [...new Set([...all.filter((host) => isIP(host) !== 0), ...(also.ipAddresses ?? [])])],
  };
}
