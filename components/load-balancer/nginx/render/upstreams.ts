import { isIP } from "node:net";
import { mergeOptions } from "../../../workload";
import { isProxy, targetsOf, type ProxyRoute, type Route, type Target } from "./options";
import { from, fromRoute } from "./origins";
import { block, directive, type Argument, type Statement } from "./writer";

/**
 * How a route chooses a replica:
 * - `auto`: what the balancer does best, which for nginx is `least-connections`;
 * - `round-robin`: in turn;
 * - `least-connections`: the one with the fewest open requests, so that a slow or hung replica gets less;
 * - `ip-hash`: by the client's address (IPv4: its first three octets), for WebSocket affinity; knows no backup;
 * - `weighted`: targets by their `weight`, exactly (split_clients); the other targets stand in when one fails;
 * - `hash`: by `hashBy` over all replicas; many clients move when a replica comes or goes; knows no backup;
 * - `consistent-hash`: by `hashBy` over several targets, of which each should be one server: nginx hashes the names, so the
 *   replicas behind one name are not told apart. Few clients move when a target comes or goes; knows no backup;
 * - `sticky-cookie`: by a cookie the balancer sets (nginx ≥ 1.29.6).
 */
export type Strategy = "auto" | "round-robin" | "least-connections" | "ip-hash" | "weighted" | "hash" | "consistent-hash" | "sticky-cookie";

/** What a hash looks at. */
export type HashBy = "client" | "uri" | { header: string } | { cookie: string };

/** Connections kept open to the replicas. */
export interface KeepaliveOptions {
  /** Idle connections each worker keeps. @default 64 */
  connections?: number;
  /**
   * Seconds an idle connection is kept. Has to be below the app's own idle timeout (Node.js: 5 s) and its drain time: then
   * no request is ever sent on a connection the app is just closing, which for a POST could not be mended. @default 4
   */
  timeout?: number;
  /** Requests after which a connection is closed. @default 1000 */
  requests?: number;
}

/** How a route's replicas are chosen and judged. */
export interface UpstreamOptions {
  /** @default "round-robin" */
  strategy?: Strategy;
  /** For `hash` and `consistent-hash`. @default "client" */
  hashBy?: HashBy;
  /** For `weighted`: split single requests, or clients as a whole. @default "request" */
  split?: "request" | "client";
  /** For `sticky-cookie`; `name` is the cookie's. @default { name: "replica-ROUTE", maxAge: 3600 } */
  stickyCookie?: { name?: string; maxAge?: number };
  /** Failures within `failTimeout` after which a replica is left out. 0: never. @default 2 */
  maxFails?: number;
  /** Seconds for `maxFails`, and seconds a failed replica is left out. Fixed: nginx knows no growing backoff here. @default 2 */
  failTimeout?: number;
  /** `false`: a new connection for every request. */
  keepalive?: KeepaliveOptions | false;
}

/**
 * A single failure may be one request's own fault (it crashes the handler, it runs too long), two in two seconds are the replica's; two seconds
 * bridge the time until DNS or the prober has noticed, and cost one request in two seconds while they do. Idle connections: what a worker has under way to
 * replicas at a usual moment is opened once, while a peak opens more and closes them again; a thousand requests are nginx's own number, after
 * which the memory a connection has gathered goes.
 */
export const UPSTREAM_DEFAULTS = {
  strategy: "round-robin" as Strategy,
  maxFails: 2,
  failTimeout: 2,
  keepalive: { connections: 64, timeout: 4, requests: 1000 },
  stickyCookie: { maxAge: 3600 },
};

/** Shared memory of one upstream's state: 256k hold some hundred replicas. */
const ZONE_SIZE = "256k";

/** One `upstream` block. */
interface Group {
  name: string;
  targets: Target[];
  route: ProxyRoute;
}

function hashVariable(hashBy: HashBy): string {
  if (hashBy === "client") return "$remote_addr";
  if (hashBy === "uri") return "$request_uri";
  if ("cookie" in hashBy) return `$cookie_${hashBy.cookie}`;
  return `$http_${hashBy.header.toLowerCase().replaceAll("-", "_")}`;
}

/** @param secure whether cookies are for HTTPS alone */
function method(route: ProxyRoute, secure: boolean): Statement[] {
  switch (route.strategy ?? UPSTREAM_DEFAULTS.strategy) {
    case "auto":
    case "least-connections":
    case "weighted":
      return [directive("least_conn")];
    case "ip-hash":
      return [directive("ip_hash")];
    case "hash":
      return [directive("hash", hashVariable(route.hashBy ?? "client"))];
    case "consistent-hash":
      return [directive("hash", hashVariable(route.hashBy ?? "client"), "consistent")];
    case "sticky-cookie": {
      // Each upstream has its own: with one cookie for two, every answer of one would make clients leave their replica of the other.
      const name = route.stickyCookie?.name ?? `replica-${route.name}`;
      const maxAge = route.stickyCookie?.maxAge ?? UPSTREAM_DEFAULTS.stickyCookie.maxAge;
      return [
        directive("sticky", "cookie", name, `expires=${maxAge}s`, "path=/", "httponly", "samesite=lax", ...(secure ? ["secure"] : [])),
      ];
    }
    case "round-robin":
      return [];
  }
}

/** An address as it stands in `server` and `proxy_pass`. */
export function addressOf(target: Target): string {
  return isIP(target.host) === 6 ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}

function server(target: Target, route: ProxyRoute): Statement {
  const args: Argument[] = [addressOf(target)];
  // A name is asked for again and again while nginx runs, and need not exist yet when it starts.
  if (isIP(target.host) === 0) args.push("resolve");
  args.push(`max_fails=${route.maxFails ?? UPSTREAM_DEFAULTS.maxFails}`);
  args.push(`fail_timeout=${route.failTimeout ?? UPSTREAM_DEFAULTS.failTimeout}s`);
  if (target.backup) args.push("backup");
  return directive("server", ...args);
}

function groupBlock({ name, targets, route }: Group, secure: boolean): Statement {
  const keepalive = route.keepalive === false ? false : mergeOptions(UPSTREAM_DEFAULTS.keepalive, route.keepalive);
  return block(
    "upstream",
    [name],
    [
      // Shared memory has one name for everything, and a route may be called as a zone of another kind is.
      directive("zone", `upstream_${name}`, ZONE_SIZE),
      ...method(route, secure),
      ...targets.map((target) => server(target, route)),
      ...(keepalive
        ? [
            directive("keepalive", keepalive.connections),
            directive("keepalive_timeout", `${keepalive.timeout}s`),
            directive("keepalive_requests", keepalive.requests),
          ]
        : [directive("keepalive", 0)]),
    ],
  );
}

function groupsOf(route: ProxyRoute): Group[] {
  const targets = targetsOf(route);
  if (route.strategy !== "weighted") return [{ name: route.name, targets, route }];
  const primaries = targets.filter((target) => !target.backup);
  return primaries.map((primary, index) => ({
    // With an underscore, which no route has in its name.
    name: `${route.name}_${index}`,
    targets: [{ ...primary, backup: false }, ...targets.filter((other) => other !== primary).map((other) => ({ ...other, backup: true }))],
    route,
  }));
}

/** What makes two routes share one upstream block, and with it connections and the knowledge of failures. */
function identity(route: ProxyRoute): string {
  return JSON.stringify([
    targetsOf(route),
    route.strategy ?? UPSTREAM_DEFAULTS.strategy,
    route.hashBy,
    route.stickyCookie,
    route.split,
    route.maxFails,
    route.failTimeout,
    route.keepalive,
    // Kept connections must not be shared between plain and TLS, nor between different names to verify.
    route.upstreamTls,
  ]);
}

/** Name of the upstream that each proxied route uses: the name of the first route with the same one. */
export function upstreamOwners(routes: readonly Route[]): Map<string, ProxyRoute> {
  const first = new Map<string, ProxyRoute>();
  const owners = new Map<string, ProxyRoute>();
  for (const route of routes.filter(isProxy)) {
    const key = identity(route);
    const owner = first.get(key) ?? route;
    first.set(key, owner);
    owners.set(route.name, owner);
  }
  return owners;
}

/** Percentages of the weights, the last one "*", so that they always add up. */
function shares(weights: readonly number[]): string[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, index) => (index === weights.length - 1 ? "*" : `${((100 * weight) / total).toFixed(2)}%`));
}

function splitVariable(name: string): string {
  return `$split_${name.replaceAll("-", "_")}`;
}

/**
 * Every upstream block and split (http level).
 * @param secure whether clients come by HTTPS
 */
export function upstreams(routes: readonly Route[], secure: boolean): Statement[] {
  const owners = [...new Set(upstreamOwners(routes).values())];
  return owners.flatMap((route) => {
    const groups = groupsOf(route);
    const fromTo = (statements: Statement[]) => fromRoute<Route>(routes, route, from("to", statements));
    const blocks = groups.map((group) => groupBlock(group, secure));
    if (route.strategy !== "weighted") return fromTo(blocks);
    const weights = targetsOf(route)
      .filter((target) => !target.backup)
      .map((target) => target.weight ?? 1);
    const key = route.split === "client" ? "$remote_addr" : "$request_id";
    return fromTo([
      ...blocks,
      block(
        "split_clients",
        [key, splitVariable(route.name)],
        shares(weights).map((share, index) => directive(share, groups[index]?.name ?? "")),
      ),
    ]);
  });
}

/** What `proxy_pass` names for a route. */
export function upstreamOf(route: ProxyRoute, owners: ReadonlyMap<string, ProxyRoute>): string {
  const owner = owners.get(route.name) ?? route;
  return owner.strategy === "weighted" ? splitVariable(owner.name) : owner.name;
}
