import { mergeOptions } from "../../../workload";
import { from, fromRoute } from "./origins";
import { block, directive, type Argument, type Statement } from "./writer";

/** A rate nginx understands. @example "10r/s", "5r/m" */
export type Rate = `${number}r/${"s" | "m"}`;

/** Whom a limit counts: every client by its own address, or all together. */
export type LimitKey = "client" | "everyone";

/** Requests allowed in time; more are answered 429 with Retry-After. */
export interface RateLimit {
  rate: Rate;
  /** Requests beyond the rate that are still let through at once. @default 0 */
  burst?: number;
  /** Requests of the burst that pass at once; the rest of the burst waits its turn. @default the whole burst */
  delayAfter?: number;
  /** @default "client" */
  key?: LimitKey;
}

/** Connections (HTTP/2: requests) open at the same time. */
export interface ConnectionLimit {
  /** Of one client address. */
  perClient?: number;
  /** Of all clients. */
  total?: number;
}

/** Limits on every route. Each balancer counts for itself: divide a total by the number of balancers. */
export interface LimitOptions {
  /** Of one client address; `burst` is what the rate allows in two seconds where none is given. @default { rate: "300r/s" } */
  perClient?: Omit<RateLimit, "key"> | false;
  /** Of all clients together. @default false */
  global?: Omit<RateLimit, "key"> | false;
  /** @default { perClient: 512 } */
  connections?: ConnectionLimit;
  /** Memory of one zone; 1m holds about 8000 client addresses. @default "10m" */
  zoneSize?: `${number}${"k" | "m"}`;
}

/** A limit as it is written: a zone and its use. */
interface Zone {
  name: string;
  limit: RateLimit;
}

/**
 * Above what people do and below what hurts: a page of a large app is some hundred requests in a burst, and an office behind one address is some dozen
 * people. 300 requests a second take about a hundredth of one CPU here, and one or two replicas of the usual app answer them. 512 connections are 85
 * browsers with six each; with HTTP/2, five that have a hundred requests open at once.
 */
export const LIMIT_DEFAULTS = {
  perClient: { rate: "300r/s" } satisfies RateLimit,
  /** Seconds of the rate that a client may use up at once, where no burst is given: a page and what belongs to it. */
  burstSeconds: 2,
  connectionsPerClient: 512,
  /**
   * Of a route with passwords, where none is given: a password file's bcrypt takes a worker some 60 ms a request, during which it does
   * nothing else.
   */
  password: { rate: "5r/s", burst: 20 } satisfies RateLimit,
  zoneSize: "10m",
} as const;

/**
 * Whom a client's limits count: an IPv4 address, or the /64 of an IPv6 address, of which one subscriber has 2^64 (RFC 6177; most get more than one /64,
 * so against those a limit is a few times what it says).
 */
export const CLIENT = "$client_network";

/** The first eight of sixteen bytes; what has fewer is an IPv4 address. */
const FIRST_64_BITS = "~(?s)^(.{8}).{8}\\z";

const KEYS: Record<LimitKey, Argument> = { client: CLIENT, everyone: "all" };

/** What a rate says: so many requests in so many seconds. */
export function partsOf(rate: Rate): { requests: number; seconds: number } {
  const [count = "1", unit] = rate.split("r/");
  return { requests: Number(count), seconds: unit === "m" ? 60 : 1 };
}

/** The limit of each client that holds on every route, complete; undefined where there is none. */
export function clientLimit(limits: LimitOptions | undefined): (RateLimit & { burst: number }) | undefined {
  if (limits?.perClient === false) return undefined;
  const limit: RateLimit = limits?.perClient ?? LIMIT_DEFAULTS.perClient;
  const { requests, seconds } = partsOf(limit.rate);
  const burst = Math.max(1, Math.round((LIMIT_DEFAULTS.burstSeconds * requests) / seconds));
  return { ...limit, key: "client", burst: limit.burst ?? burst };
}

/** Seconds until a rate allows the next request, at least 1. */
export function retryAfterSeconds(rate: Rate): number {
  const { requests, seconds } = partsOf(rate);
  return Math.max(1, Math.ceil(seconds / requests));
}

function sharedZones(limits: LimitOptions | undefined): Zone[] {
  const perClient = clientLimit(limits);
  const global = limits?.global ?? false;
  return [
    ...(perClient ? [{ name: "per_client", limit: perClient }] : []),
    ...(global ? [{ name: "global", limit: { ...global, key: "everyone" } satisfies RateLimit }] : []),
  ];
}

/** The part of a route limits look at. */
export interface LimitedRoute {
  name: string;
  rateLimits?: RateLimit[];
  connectionLimit?: ConnectionLimit;
  access?: { basicAuth?: unknown };
}

/** A route's own rates. */
export function rateLimitsOf(route: Pick<LimitedRoute, "rateLimits" | "access">): RateLimit[] {
  return route.rateLimits ?? (route.access?.basicAuth ? [LIMIT_DEFAULTS.password] : []);
}

function routeZones(route: LimitedRoute): Zone[] {
  return rateLimitsOf(route).map((limit, index) => ({ name: `route_${route.name}_${index}`, limit }));
}

function connectionsOf(limits: LimitOptions | undefined): ConnectionLimit {
  return mergeOptions<ConnectionLimit>({ perClient: LIMIT_DEFAULTS.connectionsPerClient }, limits?.connections);
}

/** Name of the variable with a route's Retry-After, empty where the request was let through. */
function retryVariable(seconds: number): string {
  return `$retry_after_${seconds}`;
}

function retrySeconds(limits: LimitOptions | undefined, route: LimitedRoute): number {
  return Math.max(1, ...[...sharedZones(limits), ...routeZones(route)].map((zone) => retryAfterSeconds(zone.limit.rate)));
}

/** Zones and maps of every limit (http level). */
export function limitGlobals(limits: LimitOptions | undefined, routes: readonly LimitedRoute[]): Statement[] {
  const size = limits?.zoneSize ?? LIMIT_DEFAULTS.zoneSize;
  const zone = ({ name, limit }: Zone) =>
    directive("limit_req_zone", KEYS[limit.key ?? "client"], `zone=${name}:${size}`, `rate=${limit.rate}`);
  const network = block(
    "map",
    ["$binary_remote_addr", CLIENT],
    [directive("default", "$binary_remote_addr"), directive(FIRST_64_BITS, "$1")],
  );
  const seconds = new Set(routes.map((route) => retrySeconds(limits, route)));
  return [
    network,
    ...from("limits", sharedZones(limits).map(zone)),
    ...routes.flatMap((route) => fromRoute(routes, route, from("rateLimits", routeZones(route).map(zone)))),
    ...from("limits", [
      directive("limit_conn_zone", KEYS.client, `zone=connections_per_client:${size}`),
      directive("limit_conn_zone", KEYS.everyone, `zone=connections_total:${size}`),
    ]),
    ...routes.flatMap((route) =>
      fromRoute(
        routes,
        route,
        from(
          "connectionLimit",
          connectionZones(route).map(({ key, name }) => directive("limit_conn_zone", KEYS[key], `zone=${name}:${size}`)),
        ),
      ),
    ),
    directive("limit_req_status", 429),
    directive("limit_conn_status", 429),
    // The access log says it of each request, without its query string; a second line here would help a flood fill the disk.
    directive("limit_req_log_level", "info"),
    directive("limit_conn_log_level", "info"),
    ...[...seconds]
      .sort((a, b) => a - b)
      // One after the other and compared as they are: asked at every answer, a regular expression on both together costs 5 % of a request.
      .flatMap((value) => [
        block(
          "map",
          ["$limit_conn_status", `${retryVariable(value)}_connections`],
          [directive("default", ""), directive("REJECTED", String(value))],
        ),
        block(
          "map",
          ["$limit_req_status", retryVariable(value)],
          [directive("default", `${retryVariable(value)}_connections`), directive("REJECTED", String(value))],
        ),
      ]),
  ];
}

/** nginx has every request of a burst wait unless told otherwise, and takes no `delay=0`. */
function delayOf({ delayAfter }: RateLimit): string[] {
  if (delayAfter === undefined) return ["nodelay"];
  return delayAfter > 0 ? [`delay=${delayAfter}`] : [];
}

/** A route's limits (location level), the shared ones included, because nginx inherits them only where a location has none. */
export function routeLimits(limits: LimitOptions | undefined, route: LimitedRoute): Statement[] {
  const shared = connectionsOf(limits);
  return [
    ...[...sharedZones(limits), ...routeZones(route)].map(({ name, limit }) =>
      directive("limit_req", `zone=${name}`, ...(limit.burst ? [`burst=${limit.burst}`] : []), ...(limit.burst ? delayOf(limit) : [])),
    ),
    ...(shared.perClient === undefined ? [] : [directive("limit_conn", "connections_per_client", shared.perClient)]),
    ...(shared.total === undefined ? [] : [directive("limit_conn", "connections_total", shared.total)]),
    ...connectionZones(route).map(({ name, most }) => directive("limit_conn", name, most)),
  ];
}

/** Zones of a route's own connections: a zone counts all that is counted in it, so the shared ones cannot tell routes apart. */
function connectionZones(route: LimitedRoute): { key: LimitKey; name: string; most: number }[] {
  const { perClient, total } = route.connectionLimit ?? {};
  return [
    ...(perClient === undefined ? [] : [{ key: "client" as const, name: `route_${route.name}_connections_client`, most: perClient }]),
    ...(total === undefined ? [] : [{ key: "everyone" as const, name: `route_${route.name}_connections_total`, most: total }]),
  ];
}

/** The Retry-After header of a route's 429. */
export function retryAfterHeader(limits: LimitOptions | undefined, route: LimitedRoute): Statement {
  return directive("add_header", "Retry-After", retryVariable(retrySeconds(limits, route)), "always");
}
