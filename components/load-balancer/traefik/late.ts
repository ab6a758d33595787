import * as pulumi from "@pulumi/pulumi";
import { challengeTarget } from "../acme";
import { onlyPorts, type Problem, type Ref } from "../../workload";
import type { AcmeService } from "./offers";
import type { TraefikBalancerAccess, TraefikLoadBalancerOptions } from "./options";
import type { TraefikCertificate, TraefikOptions, TraefikTls } from "./render";
import { portNameOf, resolveAccess, resolveRoutes, routeTargets, userKey, workloadOf } from "./routes";
import { Discovered } from "./discovered";
import { DISCOVERY_PORTS } from "./discovery-workload";
import { CLIENT, FINISH_SECONDS, TRAEFIK_PORTS } from "./workload";

/** What of the options changes only during a deployment. */
export interface Late {
  certificates: TraefikCertificate[];
  hashes: ReadonlyMap<string, string>;
  /** Gets what is wrong with the references. */
  problems: Problem[];
}

/** Name of the dashboard among what has access rules. */
const DASHBOARD = "dashboard";

/** The dashboard with its host. */
export function dashboardOf({ dashboard, hosts }: TraefikLoadBalancerOptions): { host: string; access: TraefikBalancerAccess } | undefined {
  return dashboard && { host: dashboard.host ?? `traefik.${hosts?.[0] ?? ""}`, access: dashboard.access };
}

function guards(options: TraefikLoadBalancerOptions): [string, TraefikBalancerAccess | undefined][] {
  return [
    ...options.routes.map((route): [string, typeof route.access] => [route.name, route.access]),
    [DASHBOARD, options.dashboard?.access],
  ];
}

/** Password hashes by {@link userKey}. */
export function hashesOf(options: TraefikLoadBalancerOptions): pulumi.Output<Record<string, string>> {
  const entries = guards(options).flatMap(([guard, access]) =>
    Object.entries(access?.basicAuth?.users ?? {}).map(([user, hash]): [string, pulumi.Input<string>] => [userKey(guard, user), hash]),
  );
  return pulumi.all(Object.fromEntries(entries));
}

/** Whom the balancer talks to, on the ports that routes lead to. */
export function connectionsOf(options: TraefikLoadBalancerOptions): Ref[] {
  const ports = new Map<Ref, string[]>();
  for (const target of options.routes.flatMap(routeTargets)) {
    const ref = workloadOf(target);
    if (ref) ports.set(ref, [...(ports.get(ref) ?? []), portNameOf(target)]);
  }
  return [...ports].map(([ref, names]) => onlyPorts(ref, names));
}

/** Workloads whose replicas are known: those that were labelled, and where the platform keeps endpoints, all. */
function discoveredOf({ platform, discovered, routes }: TraefikLoadBalancerOptions): Discovered | undefined {
  if (platform.replicasBy === "labels") return discovered;
  return new Discovered(new Set(routes.flatMap(routeTargets).flatMap((target) => workloadOf(target)?.fullName ?? [])));
}

/** Where the balancer gets its routes and replicas from. */
function sourcesOf({ platform, refresh }: TraefikLoadBalancerOptions, endpoint: string): Pick<TraefikOptions, "discovery" | "source"> {
  const source = { endpoint: `${endpoint}/configuration` };
  const often = refresh === undefined ? {} : { refresh };
  if (platform.replicasBy === "endpoints") return { source: { ...source, ...often, replicas: true } };
  return { discovery: { endpoint, ...often }, source };
}

function tlsOptions(options: TraefikLoadBalancerOptions, certificates: TraefikCertificate[]): TraefikTls | false {
  if (options.tls === false) return false;
  const { authority, alsoFor, certificates: given, acme, ...rest } = options.tls;
  void [authority, alsoFor, given, acme];
  return { ...rest, certificates };
}

/** The services beside the balancer. */
export interface Services {
  discovery: Ref;
  /** What gets certificates, with `tls.acme`. */
  acme: AcmeService | undefined;
}

/** Options of the component that are not the renderer's. */
const OWN = [
  ...["platform", "images", "ref", "discovered", "engineSocket", "engineGroup", "refresh", "scraper", "replicas", "resources"],
  ...["placement", "discoveryPlacement", "workload", "policyExemptions"],
];

/** The renderer's options. What is neither its nor the component's goes along, so that it is refused by name. */
export function traefikOptions(
  name: string,
  options: TraefikLoadBalancerOptions,
  { discovery, acme }: Services,
  late: Late,
): TraefikOptions {
  const resolving = { discovered: discoveredOf(options), hashes: late.hashes, problems: late.problems };
  const endpoint = `https://${discovery.host}:${DISCOVERY_PORTS.discovery}`;
  const dashboard = dashboardOf(options);
  const challenges = acme && challengeTarget(acme.ref, acme.options);
  const rest = Object.entries(options).filter(([key, value]) => value !== undefined && !OWN.includes(key));
  return {
    ...(Object.fromEntries(rest) as unknown as TraefikOptions),
    routes: resolveRoutes(name, options.routes, resolving),
    tls: tlsOptions(options, late.certificates),
    ports: { ...TRAEFIK_PORTS, publicHttp: options.ports?.http || 80, publicHttps: options.ports?.https ?? 443 },
    shutdown: { finish: FINISH_SECONDS, ...options.shutdown },
    ...sourcesOf(options, endpoint),
    keyService: `${endpoint}/keys`,
    client: CLIENT,
    ...(challenges ? { acme: { to: challenges } } : {}),
    ...(dashboard ? { dashboard: { host: dashboard.host, access: resolveAccess(DASHBOARD, dashboard.access, resolving) } } : {}),
  };
}
