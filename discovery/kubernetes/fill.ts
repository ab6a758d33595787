import { isIP } from "node:net";
import type { Configuration } from "../configuration";
import { replicasOf, type EndpointSlice } from "./slices";

/** Services of the configuration whose servers are a workload's replicas, by their name. */
export type Filled = Record<string, { workload: string; port: number; scheme: string }>;

/** What is wrong with what has to be filled in. */
export function checkFilled(configuration: Configuration, filled: Filled): string[] {
  const services = configuration.http?.services ?? {};
  return Object.entries(filled).flatMap(([name, { workload, port, scheme }]) => {
    const problems: string[] = [];
    if (!services[name]?.loadBalancer) problems.push(`the configuration has no service ${name} of servers`);
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(workload)) problems.push(`${name}: "${workload}" is not a Service's name`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.push(`${name}: ${port} is not a port`);
    if (scheme !== "http" && scheme !== "https") problems.push(`${name}: "${scheme}" is neither http nor https`);
    return problems;
  });
}

/**
 * The configuration with every replica there is. A service of a workload that has none is left out: then the balancer takes the routes that
 * stand in for those which name it.
 */
export function fill(configuration: Configuration, filled: Filled, slices: Iterable<EndpointSlice>): Configuration {
  const all = [...slices];
  const services = Object.entries(configuration.http?.services ?? {}).flatMap(([name, service]) => {
    const wanted = Object.hasOwn(filled, name) ? filled[name] : undefined;
    if (!wanted) return [[name, service] as const];
    const { workload, port, scheme } = wanted;
    const servers = replicasOf(all, workload, port).map((address) => ({
      url: `${scheme}://${isIP(address) === 6 ? `[${address}]` : address}:${port}`,
    }));
    return servers.length === 0 ? [] : [[name, { ...service, loadBalancer: { ...service.loadBalancer, servers } }] as const];
  });
  return { ...configuration, http: { ...configuration.http, services: Object.fromEntries(services) } };
}
