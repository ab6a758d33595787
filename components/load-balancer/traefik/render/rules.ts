import { isIP } from "node:net";
import type { TraefikOptions, TraefikRoute } from "./options";

/** Text in a rule, as Go quotes it. */
export function quoted(text: string): string {
  // JSON's escapes are Go's too.
  return JSON.stringify(text);
}

function hostMatcher(host: string): string {
  // Traefik takes the brackets of an IPv6 address away with the port, and only then.
  if (isIP(host) === 6) return anyOf([`Host(${quoted(host)})`, `Host(${quoted(`[${host}]`)})`]);
  if (!host.startsWith("*.")) return `Host(${quoted(host)})`;
  const labels = host.slice(2).replaceAll(".", "\\.");
  return `HostRegexp(${quoted(`^[^.]+\\.${labels}$`)})`;
}

function anyOf(matchers: readonly string[]): string {
  return matchers.length === 1 ? (matchers[0] ?? "") : `(${matchers.join(" || ")})`;
}

/** Requests for some hosts; for every host where none is named. */
export function hostRule(hosts: readonly string[]): string | undefined {
  return hosts.length === 0 ? undefined : anyOf(hosts.map(hostMatcher));
}

/** Requests from some addresses. */
export function clientRule(ranges: readonly string[]): string {
  return anyOf(ranges.map((range) => `ClientIP(${quoted(range)})`));
}

/** All of what is given has to hold. */
export function allOf(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(" && ");
}

/** Hosts a route answers. */
export function hostsOf(options: TraefikOptions, route: TraefikRoute): string[] {
  return route.hosts ?? options.hosts ?? [];
}

function pathMatcher(route: TraefikRoute): string {
  return `${route.match === "exact" ? "Path" : "PathPrefix"}(${quoted(route.path)})`;
}

/** The requests a route answers. */
export function routeRule(options: TraefikOptions, route: TraefikRoute): string {
  return allOf(hostRule(hostsOf(options, route)), pathMatcher(route));
}

/** Room for the routers of one route, see {@link Rank}. */
const STEP = 10;

/** Above every path of a route without hosts. */
const HOST_RANK = 1_000_000;

/** Order among the routers of one route: who is refused comes first, who stands in comes last. */
export const RANKS = { denied: 4, known: 3, route: 2 } as const;

/** Number of routers that may stand in for a route whose service is gone, below {@link RANKS}. */
export const STANDINS = 7;

/**
 * Priority of a router: named hosts before any host, the longest path first, an exact path before a prefix of the same length.
 * @param rank one of {@link RANKS}, or 1 and below for the first, second, … stand-in
 */
export function priority(options: TraefikOptions, route: TraefikRoute, rank: number): number {
  const site = hostsOf(options, route).length > 0 ? HOST_RANK : 0;
  const length = 2 * route.path.length + (route.match === "exact" ? 1 : 0);
  return site + STEP * (length + 1) + rank + STANDINS;
}

/** Priority of what answers a site's paths that no route does. */
export function notFoundPriority(hosts: readonly string[]): number {
  return (hosts.length > 0 ? HOST_RANK : 0) + 1;
}
