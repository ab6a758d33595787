import { isIP } from "node:net";
import { mergeOptions } from "../../../workload";
import {
  isProxy,
  portsOf,
  RESOLVER_DEFAULTS,
  RUNTIME_DIRECTORY,
  targetsOf,
  type NginxOptions,
  type ProxyRoute,
  type Route,
} from "./options";
import { from } from "./origins";
import { block, directive, type Statement } from "./writer";

/** What a replica is asked. */
export type HealthCheckQuestion =
  | {
      /** GET of this path on the route's port: an answer of 200 to 399 within `timeout` is a success. */
      path: string;
      /** Host header of the question. @default the target's host */
      host?: string;
    }
  | {
      /** Only a connection to the route's port: finds what has died, not what hangs. */
      tcp: true;
    };

/**
 * How the balancer itself asks each replica whether it works. One that fails is left out of what nginx is told of the name, and asked
 * again after a growing time. If all fail, all are used.
 */
export type HealthCheckOptions = HealthCheckQuestion & {
  /** Seconds between two questions to a replica that works. @default 1 */
  interval?: number;
  /** Seconds until an answer has to be there. @default 2 */
  timeout?: number;
  /** Failures in a row after which a replica is left out; a failure is checked again after a quarter second. @default 2 */
  failures?: number;
  /** Successes in a row after which it is used again. @default 1 */
  successes?: number;
  /** Seconds between two questions to a replica that is left out: `initial`, doubled with each failure up to `max`. @default { initial: 1, max: 30 } */
  backoff?: { initial?: number; max?: number };
};

/** Replicas of one name and port, as the prober is told to ask them. Times are in seconds. */
export interface ProbedUpstream {
  host: string;
  port: number;
  check: { path: string; host: string } | { tcp: true };
  /** Ask over TLS, verified by this authority and name. */
  tls?: { caFile: string; serverName: string };
  interval: number;
  timeout: number;
  failures: number;
  successes: number;
  backoff: { initial: number; max: number };
}

/** Everything the prober is told; it reads it as JSON and takes a new version while it runs. */
export interface ProberConfiguration {
  /** Address and UDP port at which it answers nginx. */
  listen: string;
  /** Name servers that know the upstreams: addresses or names, with port when not 53. */
  resolvers: string[];
  /** Path of the Unix socket with its metrics. */
  metrics: string;
  upstreams: ProbedUpstream[];
}

export const HEALTH_CHECK_DEFAULTS = { interval: 1, timeout: 2, failures: 2, successes: 1, backoff: { initial: 1, max: 30 } };

/** Socket with the prober's metrics. */
const METRICS_SOCKET = `${RUNTIME_DIRECTORY}/prober.sock`;

/** Seconds a name may take from the prober: on a machine short of CPU a late answer is better than one that is asked for again. */
const PROBER_PATIENCE_SECONDS = 2;

/** Seconds for which the prober is passed by after it did not answer; the question that finds it out is lost, and nginx repeats it. */
const PROBER_AWAY_SECONDS = 5;

const DNS_PORT = 53;

function probedUpstreams(route: ProxyRoute): ProbedUpstream[] {
  if (!route.healthCheck) return [];
  const { interval, timeout, failures, successes, backoff } = mergeOptions(HEALTH_CHECK_DEFAULTS, route.healthCheck);
  const question = route.healthCheck;
  return targetsOf(route)
    .filter(({ host }) => isIP(host) === 0)
    .map(({ host, port }) => ({
      host,
      port,
      check: "path" in question ? { path: question.path, host: question.host ?? host } : { tcp: true as const },
      ...(route.upstreamTls ? { tls: { caFile: route.upstreamTls.caFile, serverName: route.upstreamTls.serverName ?? host } } : {}),
      ...{ interval, timeout, failures, successes, backoff },
    }));
}

/** Every name and port that is asked, with the route that says so. */
export function checkedUpstreams(routes: readonly Route[]): { route: string; upstream: ProbedUpstream }[] {
  return routes.filter(isProxy).flatMap((route) => probedUpstreams(route).map((upstream) => ({ route: route.name, upstream })));
}

/** Whether any route has its replicas asked. */
export function hasHealthChecks(routes: readonly Route[]): boolean {
  return routes.some((route) => isProxy(route) && route.healthCheck !== undefined && route.healthCheck !== false);
}

function resolversOf(options: NginxOptions): string[] {
  return options.resolver?.addresses ?? RESOLVER_DEFAULTS.addresses;
}

/** What the prober is told, undefined when no route has a health check. Pure. */
export function proberConfiguration(options: NginxOptions): ProberConfiguration | undefined {
  if (!hasHealthChecks(options.routes)) return undefined;
  const upstreams = new Map(checkedUpstreams(options.routes).map(({ upstream }) => [`${upstream.host}:${upstream.port}`, upstream]));
  return {
    listen: `127.0.0.1:${portsOf(options).prober}`,
    resolvers: resolversOf(options),
    metrics: METRICS_SOCKET,
    upstreams: [...upstreams.values()],
  };
}

/** {@link proberConfiguration} as the text of its file. */
export function renderProber(options: NginxOptions): string | undefined {
  const configuration = proberConfiguration(options);
  return configuration && `${JSON.stringify(configuration, undefined, 2)}\n`;
}

/** Name servers nginx asks: the platform's, or the prober by way of {@link nameServer}. */
export function nginxResolvers(options: NginxOptions): string[] {
  return hasHealthChecks(options.routes) ? [`127.0.0.1:${portsOf(options).dns}`] : resolversOf(options);
}

function withPort(resolver: string): string {
  return /:\d+$/.test(resolver) && isIP(resolver) === 0 ? resolver : `${isIP(resolver) === 6 ? `[${resolver}]` : resolver}:${DNS_PORT}`;
}

/**
 * The name server nginx asks (main level): the prober, and the platform's own where that does not answer. Two addresses in `resolver`
 * would not do: nginx asks those in turn, so that every other answer would hold the replicas that fail. Over TCP nginx asks only what
 * was too long for UDP; that goes straight to the platform.
 */
export function nameServer(options: NginxOptions): Statement[] {
  if (!hasHealthChecks(options.routes)) return [];
  const { dns, prober } = portsOf(options);
  const platform = resolversOf(options).map(withPort);
  return [
    block(
      "stream",
      [],
      [
        block(
          "upstream",
          ["names"],
          [
            directive("zone", "names", "64k"),
            directive("server", `127.0.0.1:${prober}`, "max_fails=1", `fail_timeout=${PROBER_AWAY_SECONDS}s`),
            ...from(
              "resolver",
              platform.map((server) => directive("server", server, "max_fails=0", "backup")),
            ),
          ],
        ),
        block(
          "upstream",
          ["platform_names"],
          [
            directive("zone", "platform_names", "64k"),
            ...from(
              "resolver",
              platform.map((server) => directive("server", server)),
            ),
          ],
        ),
        block(
          "server",
          [],
          [
            ...from("ports.dns", [directive("listen", `127.0.0.1:${dns}`, "udp")]),
            directive("proxy_pass", "names"),
            // One question, one answer: then the session is over, and the next question may go to another server.
            directive("proxy_requests", 1),
            directive("proxy_responses", 1),
            directive("proxy_timeout", `${PROBER_PATIENCE_SECONDS}s`),
          ],
        ),
        block(
          "server",
          [],
          [
            ...from("ports.dns", [directive("listen", `127.0.0.1:${dns}`)]),
            directive("proxy_pass", "platform_names"),
            directive("proxy_timeout", "5s"),
          ],
        ),
      ],
    ),
  ];
}

/** The prober's metrics on the status port. */
export function proberMetrics(options: NginxOptions): Statement[] {
  if (!hasHealthChecks(options.routes)) return [];
  return [block("location", ["=", "/metrics/upstreams"], [directive("proxy_pass", `http://unix:${METRICS_SOCKET}:/metrics`)])];
}
