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
  /** Of one client address. @default { rate: "300r/s", burst: 600 } */
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
  perClient: { rate: "300r/s", burst: 600 },
  connectionsPerClient: 512,
  zoneSize: "10m",
} as const;

const KEYS: Record<LimitKey, Argument> = { client: "$binary_remote_addr", everyone: "all" };

/** Seconds until a rate allows the next request, at least 1. */
export function retryAfterSeconds(rate: Rate): number {
  const [count = "1", unit] = rate.split("r/");
  return Math.max(1, Math.ceil((unit === "m" ? 60 : 1) / Number(count)));
}

function sharedZones(limits: LimitOptions | undefined): Zone[] {
  const perClient = limits?.perClient === false ? false : mergeOptions<RateLimit>(LIMIT_DEFAULTS.perClient, limits?.perClient);
  const global = limits?.global ?? false;
  return [
    ...(perClient ? [{ name: "per_client", limit: { ...perClient, key: "client" } satisfies RateLimit }] : []),
    ...(global ? [{ name: "global", limit: { ...global, key: "everyone" } satisfies RateLimit }] : []),
  ];
}

/** The part of a route limits look at. */
export interface LimitedRoute {
  name: string;
  rateLimits?: RateLimit[];
  connectionLimit?: ConnectionLimit;
}

function routeZones(route: LimitedRoute): Zone[] {
  return (route.rateLimits ?? []).map((limit, index) => ({ name: `route_${route.name}_${index}`, limit }));
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
  const seconds = new Set(routes.map((route) => retrySeconds(limits, route)));
  return [
    ...from("limits", sharedZones(limits).map(zone)),
    ...routes.flatMap((route) => fromRoute(routes, route, from("rateLimits", routeZones(route).map(zone)))),
    ...from("limits", [
      directive("limit_conn_zone", KEYS.client, `zone=connections_per_client:${size}`),
      directive("limit_conn_zone", KEYS.everyone, `zone=connections_total:${size}`),
    ]),
    directive("limit_req_status", 429),
    directive("limit_conn_status", 429),
    directive("limit_req_log_level", "warn"),
    directive("limit_conn_log_level", "warn"),
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
  const total = connectionsOf(limits);
  const own = route.connectionLimit;
  return [
    ...[...sharedZones(limits), ...routeZones(route)].map(({ name, limit }) =>
      directive("limit_req", `zone=${name}`, ...(limit.burst ? [`burst=${limit.burst}`] : []), ...(limit.burst ? delayOf(limit) : [])),
    ),
    ...connectionUse("connections_per_client", own?.perClient, total.perClient),
    ...connectionUse("connections_total", own?.total, total.total),
  ];
}

/** The smaller of a route's and the balancer's number; both count in the same zone. */
function connectionUse(zone: string, own: number | undefined, shared: number | undefined): Statement[] {
  const numbers = [own, shared].filter((value) => value !== undefined);
  return numbers.length > 0 ? [directive("limit_conn", zone, Math.min(...numbers))] : [];
}

/** The Retry-After header of a route's 429. */
export function retryAfterHeader(limits: LimitOptions | undefined, route: LimitedRoute): Statement {
  return directive("add_header", "Retry-After", retryVariable(retrySeconds(limits, route)), "always");
}
