import { addressGuard, credentialGuard, NOBODY, type Guard } from "./access";
import type { Middleware, Router } from "./configuration";
import { bodyChain, breakerChain, compressionChain, headerChain, limitChain, pathChain, retryChain, type Chain } from "./middlewares";
import { isProxyRoute, type TraefikOptions, type TraefikProxyRoute, type TraefikRoute } from "./options";
import { allOf, clientRule, hostRule, hostsOf, notFoundPriority, priority, quoted, RANKS, routeRule } from "./rules";
import type { RouteServices } from "./services";
import { allHosts } from "./tls";

/** Names of the entry points. */
export const ENTRY_POINTS = { http: "http", https: "https", status: "status" } as const;

/**
 * Path of the status port that answers once a dynamic configuration is there, and is not found before: until then a balancer knows no route,
 * and should get no requests.
 */
export const READY_PATH = "/ready";

/** A service of Traefik's own that never answers: for routers whose middlewares do. */
const NOTHING = "noop@internal";

/** A service without servers, which answers 503. */
export const UNAVAILABLE = "unavailable";

/** Answer to a path no route is for. */
const NOT_FOUND = 404;

/** Answer to a host that is none of ours (RFC 9110, 15.5.20). */
const MISDIRECTED = 421;

/** Collects routers and the middlewares they name. */
export class Routing {
  readonly routers: Record<string, Router> = {};
  readonly middlewares: Record<string, Middleware> = {};

  constructor(readonly options: TraefikOptions) {}

  /** Names of a chain's middlewares, which are then part of the configuration. */
  use(chain: Chain): string[] {
    for (const [name, middleware] of chain) this.middlewares[name] = middleware;
    return chain.map(([name]) => name);
  }

  add(name: string, router: Omit<Router, "entryPoints" | "tls">): void {
    const { tls } = this.options;
    const certificates = tls !== false && tls.builtInAcme ? { certResolver: "acme" } : {};
    this.routers[name] = {
      entryPoints: [tls === false ? ENTRY_POINTS.http : ENTRY_POINTS.https],
      ...router,
      ...(tls === false ? {} : { tls: certificates }),
    };
  }

  /** Answers a status and nothing else. */
  refuse(status: number): string {
    const [name] = this.use([[`status-${status}`, { ipAllowList: { sourceRange: [NOBODY], rejectStatusCode: status } }]]);
    return name ?? "";
  }
}

function guardOf(route: TraefikRoute): Guard {
  return { name: route.name, access: route.access ?? {} };
}

/** What every answer of a route passes, refusals included. */
function outer(routing: Routing, route: TraefikRoute): string[] {
  const websocket = isProxyRoute(route) && (route.websocket ?? false);
  return routing.use([...headerChain(routing.options, route.name, route.headers, websocket), ...limitChain(routing.options, route)]);
}

function addProxy(routing: Routing, route: TraefikProxyRoute, services: RouteServices): void {
  const { options } = routing;
  const guard = guardOf(route);
  const rule = routeRule(options, route);
  const first = outer(routing, route);
  const addresses = addressGuard(options, guard);
  const byAddress = [...addresses.outside, ...routing.use(addresses.chain)];
  const credentials = routing.use(credentialGuard(options, guard));
  const inner = routing.use([
    ...compressionChain(options),
    ...bodyChain(route),
    ...pathChain(route),
    ...breakerChain(route),
    ...retryChain(route),
  ]);

  const { deny = [], allow = [], satisfy } = guard.access;
  if (deny.length > 0) {
    const middlewares = [...first, routing.refuse(403)];
    const denied = { rule: allOf(rule, clientRule(deny)), priority: priority(options, route, RANKS.denied), middlewares, service: NOTHING };
    routing.add(`${route.name}-denied`, denied);
  }
  const either = satisfy === "any" && allow.length > 0 && credentials.length > 0;
  if (either) {
    routing.add(`${route.name}-known`, {
      rule: allOf(rule, clientRule(allow)),
      priority: priority(options, route, RANKS.known),
      middlewares: [...first, ...inner],
      service: services.main,
    });
  }
  const middlewares = [...first, ...(either ? [] : byAddress), ...credentials, ...inner];
  routing.add(route.name, { rule, priority: priority(options, route, RANKS.route), middlewares, service: services.main });
  if (services.discovered.length === 0) return;
  for (const [index, service] of [...services.standins, UNAVAILABLE].entries()) {
    const name = service === UNAVAILABLE ? `${route.name}-unavailable` : `${route.name}-standin-${index}`;
    // What refuses a request does so also while nobody could answer it; another attempt would be of no use.
    const passed = service === UNAVAILABLE ? middlewares.filter((each) => !inner.includes(each)) : middlewares;
    routing.add(name, { rule, priority: priority(options, route, RANKS.route - 1 - index), middlewares: passed, service });
  }
}

/** Text that the replacement of a regular expression takes for a group of it. */
function literalReplacement(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function isPermanent(status: number): boolean {
  return status === 301 || status === 308;
}

function addAnswer(routing: Routing, route: Exclude<TraefikRoute, TraefikProxyRoute>): void {
  const { options } = routing;
  const headers = routing.use(headerChain(options, route.name, route.headers));
  const answer =
    "respond" in route
      ? routing.refuse(route.respond.status)
      : routing.use([
          [
            `${route.name}-redirect`,
            {
              redirectRegex: {
                regex: "^.*$",
                replacement: literalReplacement(route.redirect.to),
                permanent: isPermanent(route.redirect.status ?? 302),
              },
            },
          ],
        ])[0];
  routing.add(route.name, {
    rule: routeRule(options, route),
    priority: priority(options, route, RANKS.route),
    middlewares: [...headers, answer ?? ""],
    service: NOTHING,
  });
}

/** Paths of a site that no route is for, and hosts that are none of ours. */
function addStrangers(routing: Routing): void {
  const { options } = routing;
  const sites = new Map(options.routes.map((route) => [[...hostsOf(options, route)].sort().join(" "), hostsOf(options, route)]));
  const headers = routing.use(headerChain(options, "strangers", undefined));
  let index = 0;
  for (const hosts of sites.values()) {
    const rule = hostRule(hosts) ?? 'PathPrefix("/")';
    const middlewares = [...headers, routing.refuse(NOT_FOUND)];
    routing.add(`not-found-${index++}`, { rule, priority: notFoundPriority(hosts), middlewares, service: NOTHING });
  }
  if ([...sites.values()].every((hosts) => hosts.length > 0)) {
    const middlewares = [...headers, routing.refuse(MISDIRECTED)];
    routing.add("strangers", { rule: 'PathPrefix("/")', priority: notFoundPriority([]), middlewares, service: NOTHING });
  }
}

/** Segments that some upstreams take for `..` although they carry parameters, and no rule does. */
const DETOUR = "/\\.{1,2};";

/** Answer to a path that means one thing to rules and may mean another to an upstream. */
const BAD_REQUEST = 400;

function addDetours(routing: Routing): void {
  const { options } = routing;
  const middlewares = [...routing.use(headerChain(options, "detours", undefined)), routing.refuse(BAD_REQUEST)];
  routing.add("detours", { rule: `PathRegexp(${quoted(DETOUR)})`, priority: DETOUR_PRIORITY, middlewares, service: NOTHING });
}

/** Plain HTTP when there is TLS: sends everyone to HTTPS. */
function addRedirect(routing: Routing, ports: { http: number | false; publicHttps: number }): void {
  const { options } = routing;
  if (options.tls === false || ports.http === false) return;
  const hosts = allHosts(options);
  const open = options.routes.some((route) => hostsOf(options, route).length === 0);
  const port = ports.publicHttps === 443 ? {} : { port: String(ports.publicHttps) };
  const permanent = isPermanent(options.redirectStatus ?? 308);
  const middlewares = routing.use([["https", { redirectScheme: { scheme: "https", ...port, permanent } }]]);
  const rule = open ? 'PathPrefix("/")' : (hostRule(hosts) ?? 'PathPrefix("/")');
  routing.routers["redirect"] = { entryPoints: [ENTRY_POINTS.http], rule, priority: 1, middlewares, service: NOTHING };
}

/** What tells that this configuration is there. */
function addReady(routing: Routing): void {
  routing.routers["status-ready"] = {
    entryPoints: [ENTRY_POINTS.status],
    rule: `Path(${quoted(READY_PATH)})`,
    priority: 1,
    // Like /ping, it says 503 when Traefik is about to stop.
    service: "ping@internal",
  };
}

/** Path below which an ACME authority asks (RFC 8555, 8.3). */
const CHALLENGES = "/.well-known/acme-challenge/";

/** What an ACME authority asks at port 80, before any redirect. */
function addChallenges(routing: Routing): void {
  const { options } = routing;
  if (!options.acme) return;
  // What everybody may ask on a port that everybody reaches, and that leads to the keeper of the certificates.
  const middlewares = routing.use(limitChain(options, { name: "acme", path: CHALLENGES, respond: { status: 404 } }));
  routing.routers["acme"] = {
    entryPoints: [ENTRY_POINTS.http],
    rule: `PathPrefix(${quoted(CHALLENGES)}) && Method("GET")`,
    priority: CHALLENGE_PRIORITY,
    middlewares,
    service: ACME_SERVICE,
  };
}

/** The dashboard and its API on their own host, over TLS only. */
function addDashboard(routing: Routing): void {
  const { options } = routing;
  if (!options.dashboard || options.tls === false) return;
  const { host, access } = options.dashboard;
  const guard: Guard = { name: "dashboard", access };
  const addresses = addressGuard(options, guard);
  const middlewares = [
    ...routing.use(headerChain(options, "dashboard", { csp: false })),
    ...routing.use(limitChain(options, { name: "dashboard", path: "/", respond: { status: 404 } })),
    ...addresses.outside,
    ...routing.use(addresses.chain),
    ...routing.use(credentialGuard(options, guard)),
  ];
  const rule = hostRule([host]) ?? "";
  // Above every route: the host is the dashboard's alone.
  routing.add("dashboard", { rule, priority: DASHBOARD_PRIORITY, middlewares, service: "api@internal" });
}

const DASHBOARD_PRIORITY = 10_000_000;

/** Above every route and the dashboard. */
const DETOUR_PRIORITY = 15_000_000;

/** Above everything, as it is on the port of redirects. */
const CHALLENGE_PRIORITY = 20_000_000;

/** Service that answers challenges. */
export const ACME_SERVICE = "acme";

/** Every router and middleware. */
export function routing(
  options: TraefikOptions,
  ports: { http: number | false; publicHttps: number },
  services: ReadonlyMap<string, RouteServices>,
): Routing {
  const result = new Routing(options);
  for (const route of options.routes) {
    const own = services.get(route.name);
    if (isProxyRoute(route)) {
      if (own) addProxy(result, route, own);
    } else addAnswer(result, route);
  }
  addStrangers(result);
  addDetours(result);
  addRedirect(result, ports);
  addReady(result);
  addChallenges(result);
  addDashboard(result);
  return result;
}

/** Everything that has access rules. */
export function guardsOf(options: TraefikOptions): Guard[] {
  return [...options.routes.map(guardOf), ...(options.dashboard ? [{ name: "dashboard", access: options.dashboard.access }] : [])];
}
