import { isIP } from "node:net";
import { mergeOptions } from "../../../workload";
import type { Target } from "../../nginx";
import { seconds, type Cookie, type Servers, type ServersTransport, type Service } from "./configuration";
import {
  isDiscovered,
  isProxyRoute,
  traefikTargets,
  type DiscoveredTarget,
  type TraefikOptions,
  type TraefikProxyRoute,
  type TraefikStrategy,
  type TraefikTarget,
} from "./options";

export const SERVICE_DEFAULTS = {
  strategy: "auto" as TraefikStrategy,
  /** In a row, 5xx answers included: any other answer starts the count anew. So it is more patient than nginx. */
  maxFails: 3,
  failTimeout: 2,
  keepalive: { connections: 64, timeout: 4 },
  timeouts: { connect: 1, read: 30 },
  stickyCookie: { maxAge: 3600 },
  healthCheck: { interval: 1, timeout: 2 },
};

/** Strategies by Traefik's name. */
const STRATEGIES: Partial<Record<TraefikStrategy, Servers["strategy"]>> = {
  auto: "p2c",
  "least-time": "leasttime",
  "ip-hash": "hrw",
};

/** Idle connections kept to a replica: none. */
const NO_KEEPALIVE = -1;

/** A discovered service: as the platform's labels define it, or whose servers the source of the configuration fills in. */
export interface DiscoveredService {
  /** Name of the service in Traefik. */
  name: string;
  target: DiscoveredTarget;
  servers: Servers;
}

/** Services of one route, and which of them its routers name. */
export interface RouteServices {
  /** What the route's router names. */
  main: string;
  /** What stands in, first to last, while `main` cannot be built because a discovered service has no replica at all. */
  standins: string[];
  services: Record<string, Service>;
  discovered: DiscoveredService[];
}

function cookie(route: TraefikProxyRoute, suffix: string, secure: boolean): Cookie {
  const { name = `replica-${route.name}`, maxAge } = mergeOptions<{ name?: string; maxAge: number }>(
    SERVICE_DEFAULTS.stickyCookie,
    route.stickyCookie,
  );
  return { name: `${name}${suffix}`, maxAge, path: "/", httpOnly: true, secure, sameSite: "lax" };
}

function serversOf(route: TraefikProxyRoute, transport: string, secure: boolean): Servers {
  const strategy = route.strategy ?? SERVICE_DEFAULTS.strategy;
  const maxFails = route.maxFails ?? SERVICE_DEFAULTS.maxFails;
  const check = route.healthCheck
    ? mergeOptions<typeof route.healthCheck>(SERVICE_DEFAULTS.healthCheck as never, route.healthCheck)
    : undefined;
  return {
    strategy: STRATEGIES[strategy] ?? "wrr",
    serversTransport: transport,
    passHostHeader: true,
    ...(strategy === "sticky-cookie" ? { sticky: { cookie: cookie(route, "", secure) } } : {}),
    ...(check
      ? {
          healthCheck: {
            path: check.path,
            ...(check.host === undefined ? {} : { hostname: check.host }),
            interval: seconds(check.interval ?? SERVICE_DEFAULTS.healthCheck.interval),
            timeout: seconds(check.timeout ?? SERVICE_DEFAULTS.healthCheck.timeout),
          },
        }
      : {}),
    ...(maxFails > 0
      ? { passiveHealthCheck: { maxFailedAttempts: maxFails, failureWindow: seconds(route.failTimeout ?? SERVICE_DEFAULTS.failTimeout) } }
      : {}),
  };
}

/** How a route's replicas are spoken to. */
export function schemeOf(route: TraefikProxyRoute): "http" | "https" {
  return route.upstreamTls === undefined ? "http" : "https";
}

/** Address of one server. */
export function urlOf(target: Target, scheme: string): string {
  return `${scheme}://${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
}

/**
 * Name of one of several services behind a route. Traefik chooses by a hash of client and name (FNV-1a) whose high bits the last
 * characters hardly change: names that differ only there would all get the clients of the heaviest. So the number comes first.
 */
function partName(name: string, index: number): string {
  return `part${index}-of-${name}`;
}

/** Builds the services of one route. */
class Builder {
  readonly services: Record<string, Service> = {};
  readonly discovered: DiscoveredService[] = [];
  private readonly references = new Set<string>();

  /**
   * @param servers settings of a service; `qualified`: as labels have to name parts of this configuration
   * @param filled whether discovered services are part of this configuration, or come by labels
   */
  constructor(
    readonly route: TraefikProxyRoute,
    readonly servers: (qualified: boolean) => Servers,
    readonly secure: boolean,
    readonly filled: boolean,
  ) {}

  /** Whether a service is a discovered one by itself, which is missing while the workload has no replica. */
  mayBeMissing(reference: string): boolean {
    return this.references.has(reference);
  }

  add(name: string, service: Service): string {
    this.services[name] = service;
    return name;
  }

  /** One service for a target, named as routers of this configuration name it. */
  single(name: string, target: TraefikTarget): string {
    if (!isDiscovered(target)) return this.fixed(name, [target]);
    const servers = this.servers(!this.filled);
    this.discovered.push({ name, target, servers });
    const reference = this.filled ? this.add(name, { loadBalancer: { ...servers, servers: [] } }) : `${name}@swarm`;
    this.references.add(reference);
    return reference;
  }

  private fixed(name: string, targets: Target[]): string {
    const scheme = schemeOf(this.route);
    return this.add(name, { loadBalancer: { ...this.servers(false), servers: targets.map((target) => ({ url: urlOf(target, scheme) })) } });
  }

  /** Targets as one service; `parts` gets the services it is put together from, when one of them may be missing. */
  group(name: string, targets: TraefikTarget[], parts: string[]): string {
    const { strategy, split } = this.route;
    const fixed = targets.filter((target): target is Target => !isDiscovered(target));
    if (strategy !== "weighted" && fixed.length === targets.length) return this.fixed(name, fixed);
    if (targets.length === 1 && targets[0]) return this.single(name, targets[0]);
    const services = targets.map((target, index) => ({ name: this.single(partName(name, index), target), weight: target.weight ?? 1 }));
    parts.push(...services.map((service) => service.name).filter((service) => this.mayBeMissing(service)));
    const check = this.route.healthCheck ? { healthCheck: {} } : {};
    const byClient = strategy === "ip-hash" || (strategy === "weighted" && split === "client");
    if (byClient) return this.add(name, { highestRandomWeight: { services, ...check } });
    const sticky = strategy === "sticky-cookie" ? { sticky: { cookie: cookie(this.route, "_target", this.secure) } } : {};
    return this.add(name, { weighted: { services, ...sticky, ...check } });
  }
}

/**
 * The services of a route.
 * @param provider name of the provider that brings this configuration, which labels need to name parts of it
 */
export function routeServices(options: TraefikOptions, route: TraefikProxyRoute, provider: string): RouteServices {
  const secure = options.tls !== false;
  const transport = transportName(route);
  const servers = (qualified: boolean) => serversOf(route, qualified ? `${transport}@${provider}` : transport, secure);
  const builder = new Builder(route, servers, secure, options.source?.replicas ?? false);
  const targets = traefikTargets(route);
  const primaries = targets.filter((target) => !target.backup);
  const backups = targets.filter((target) => target.backup);

  const standins: string[] = [];
  let main = builder.group(backups.length > 0 ? `${route.name}-main` : route.name, primaries, standins);
  if (backups.length > 0) {
    const parts: string[] = [];
    const fallback = builder.group(`${route.name}-backup`, backups, parts);
    if (builder.mayBeMissing(main)) standins.push(main);
    standins.push(fallback, ...parts);
    main = builder.add(route.name, { failover: { service: main, fallback } });
  }
  if (route.mirror) {
    const { to, percent = 100, maxBodyBytes = MIRROR_BODY_BYTES } = route.mirror;
    const copy = builder.single(`${route.name}-mirror`, to);
    standins.unshift(main);
    main = builder.add(`${route.name}-mirrored`, {
      mirroring: { service: main, mirrorBody: true, maxBodySize: maxBodyBytes, mirrors: [{ name: copy, percent }] },
    });
  }
  return { main, standins, services: builder.services, discovered: builder.discovered };
}

/** Largest body that is copied to a mirror; it is held in memory. */
const MIRROR_BODY_BYTES = 1_048_576;

/** Name of a route's connection settings. */
export function transportName(route: TraefikProxyRoute): string {
  return route.name;
}

/** Seconds a route's replicas have, with every default. */
export function timeoutsOf(route: TraefikProxyRoute): { connect: number; read: number } {
  return mergeOptions(SERVICE_DEFAULTS.timeouts, route.timeouts);
}

/** How connections of a route to its replicas are made and kept. */
export function transports(options: TraefikOptions): Record<string, ServersTransport> {
  return Object.fromEntries(
    options.routes.filter(isProxyRoute).map((route) => {
      const keepalive = route.keepalive === false ? false : mergeOptions(SERVICE_DEFAULTS.keepalive, route.keepalive);
      const timeouts = timeoutsOf(route);
      const tls = route.upstreamTls;
      const transport: ServersTransport = {
        maxIdleConnsPerHost: keepalive ? keepalive.connections : NO_KEEPALIVE,
        forwardingTimeouts: {
          dialTimeout: seconds(timeouts.connect),
          responseHeaderTimeout: seconds(timeouts.read),
          idleConnTimeout: seconds(keepalive ? keepalive.timeout : SERVICE_DEFAULTS.keepalive.timeout),
        },
        ...(tls ? { rootCAs: [tls.caFile], serverName: tls.serverName ?? firstHost(route) } : {}),
      };
      return [transportName(route), transport];
    }),
  );
}

/** Name that an upstream's certificate has to carry where none is given: replicas are reached by address. */
function firstHost(route: TraefikProxyRoute): string {
  const [target] = traefikTargets(route);
  return target === undefined ? "" : isDiscovered(target) ? target.discovered : target.host;
}
