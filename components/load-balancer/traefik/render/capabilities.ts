import type { Check } from "../../nginx/render/check";
import { isProxyRoute, type TraefikOptions, type TraefikProxyRoute, type TraefikRoute } from "./options";

const STRATEGIES = ["auto", "round-robin", "least-time", "ip-hash", "weighted", "sticky-cookie"];

/** Something nginx does and Traefik does not: where it would stand, what is so, and what to do instead. */
interface Lack<T> {
  path: string;
  /** Whether the options ask for it. */
  asked: (options: T) => boolean;
  message: string;
  fix: string;
}

function proxiedRoutes(options: TraefikOptions): TraefikProxyRoute[] {
  return options.routes.filter(isProxyRoute);
}

/** What Traefik lacks, of the balancer as a whole. The table in docs/load-balancer-traefik.md says the same. */
export const LACKS: readonly Lack<TraefikOptions>[] = [
  {
    path: "resolver",
    asked: ({ resolver }) => resolver !== undefined,
    message: "Traefik learns of replicas from the platform, not from DNS",
    fix: "leave it out",
  },
  {
    path: "cacheZone",
    asked: ({ cacheZone }) => cacheZone !== undefined,
    message: "Traefik has no response cache",
    fix: "use the nginx balancer, or a CDN in front",
  },
  {
    path: "processes",
    asked: ({ processes }) => processes !== undefined,
    message: "Traefik is one process that uses what CPU it may",
    fix: "leave it out, and set resources",
  },
  {
    path: "limits.zoneSize",
    asked: ({ limits }) => limits?.zoneSize !== undefined,
    message: "Traefik keeps its counters in its own memory",
    fix: "leave it out, and set resources",
  },
  {
    path: "limits.perClient.delayAfter",
    asked: ({ limits }) => Boolean(limits?.perClient && limits.perClient.delayAfter !== undefined),
    message: "Traefik cannot let a part of the burst wait",
    fix: "leave it out",
  },
  {
    path: "limits.global",
    asked: (options) => Boolean(options.limits?.global) && proxiedRoutes(options).length > 1,
    message: "Traefik counts for each route by itself, so nothing would hold for all of them together",
    fix: 'give routes their own rateLimits with key "everyone"',
  },
  {
    path: "limits.connections.total",
    asked: (options) => options.limits?.connections?.total !== undefined && proxiedRoutes(options).length > 1,
    message: "Traefik counts for each route by itself, so nothing would hold for all of them together",
    fix: "give routes their own connectionLimit.total",
  },
  {
    path: "compression.gzip.level",
    asked: ({ compression }) => Boolean(compression?.gzip && compression.gzip.level !== undefined),
    message: "Traefik chooses the level itself",
    fix: "leave it out",
  },
  {
    path: "compression.brotli.level",
    asked: ({ compression }) => Boolean(compression?.brotli && compression.brotli.level !== undefined),
    message: "Traefik chooses the level itself",
    fix: "leave it out",
  },
  ...(["header", "body", "send"] as const).map((key) => ({
    path: `timeouts.${key}`,
    asked: ({ timeouts }: TraefikOptions) => timeouts?.[key] !== undefined,
    message: "Traefik knows one time for a whole request, not one for its parts",
    fix: "use requestSeconds",
  })),
  {
    path: "tls.sessionCache",
    asked: ({ tls }) => tls !== false && tls.sessionCache !== undefined,
    message: "Traefik resumes sessions by tickets only, and those are off for forward secrecy",
    fix: "leave it out",
  },
  {
    path: "tls.sessionTimeout",
    asked: ({ tls }) => tls !== false && tls.sessionTimeout !== undefined,
    message: "Traefik resumes sessions by tickets only, and those are off for forward secrecy",
    fix: "leave it out",
  },
  {
    path: "tls.stapling",
    asked: ({ tls }) => tls !== false && tls.stapling === true,
    message: "is not switched on here for Traefik",
    fix: "leave it out; Let's Encrypt has no OCSP any more",
  },
  {
    path: "trustedProxies.header",
    asked: ({ trustedProxies }) => trustedProxies?.header !== undefined && trustedProxies.header.toLowerCase() !== "x-forwarded-for",
    message: "Traefik takes the client's address from X-Forwarded-For alone",
    fix: "have the proxy send X-Forwarded-For, and leave it out",
  },
];

/** What Traefik lacks, of a proxied route. */
export const ROUTE_LACKS: readonly Lack<TraefikProxyRoute>[] = [
  {
    path: "strategy",
    asked: ({ strategy }) => strategy === "least-connections",
    message: "Traefik cannot look at the open requests of all replicas",
    fix: 'use "auto", which takes the better of two picked at random, or "least-time"',
  },
  {
    path: "strategy",
    asked: ({ strategy }) => strategy === "hash" || strategy === "consistent-hash",
    message: "Traefik hashes the client's address alone",
    fix: 'use "ip-hash" (consistent too), or "sticky-cookie"',
  },
  {
    path: "hashBy",
    asked: ({ hashBy }) => hashBy !== undefined,
    message: "Traefik hashes the client's address alone",
    fix: "leave it out",
  },
  {
    path: "cache",
    asked: ({ cache }) => cache !== undefined,
    message: "Traefik has no response cache",
    fix: "use the nginx balancer, or a CDN in front",
  },
  {
    path: "timeouts.send",
    asked: ({ timeouts }) => timeouts?.send !== undefined,
    message: "Traefik has no time between two writes to the upstream",
    fix: "leave it out",
  },
  {
    path: "keepalive.requests",
    asked: ({ keepalive }) => Boolean(keepalive && keepalive.requests !== undefined),
    message: "Traefik does not count the requests of a connection",
    fix: "leave it out",
  },
];

function report<T>(check: Check, lacks: readonly Lack<T>[], options: T): void {
  for (const lack of lacks) if (lack.asked(options)) check.at(lack.path).report(lack.message, lack.fix);
}

/** Keys that are looked at; whatever else was set has no meaning for Traefik, now or when nginx learns something new. */
const KNOWN = {
  options: [
    ...["hosts", "routes", "tls", "ports", "limits", "headers", "compression", "accessLog", "timeouts", "trustedProxies"],
    ...["redirectStatus", "requestSeconds", "discovery", "source", "client", "dashboard", "keyService", "shutdown", "acme"],
    // Refused above, in words of their own.
    ...["resolver", "cacheZone", "processes"],
  ],
  tls: [...["certificates", "builtInAcme", "profile", "hsts", "http2", "http3"], ...["sessionCache", "sessionTimeout", "stapling"]],
  limits: ["perClient", "global", "connections", "zoneSize"],
  headers: ["csp", "referrerPolicy", "permissionsPolicy", "frameOptions", "openerPolicy", "set", "hide", "cacheControl"],
  access: ["allow", "deny", "allowFrom", "basicAuth", "forwardAuth", "apiKeys", "satisfy"],
  route: [
    ...["name", "path", "match", "hosts", "maxBodySize", "rateLimits", "connectionLimit", "headers", "access", "to", "respond", "redirect"],
    ...["strategy", "split", "stickyCookie", "maxFails", "failTimeout", "keepalive", "websocket", "timeouts", "retry", "stripPath"],
    ...["buffering", "upstreamTls", "healthCheck", "circuitBreaker", "mirror", "hashBy", "cache"],
  ],
  healthCheck: ["path", "host", "interval", "timeout"],
};

function reportUnknown(check: Check, value: object | false | undefined, known: readonly string[]): void {
  for (const [key, inner] of Object.entries(value || {})) {
    if (inner === undefined || known.includes(key)) continue;
    check.at(key).report("Traefik has nothing like it", "leave it out, or use the nginx balancer");
  }
}

function checkHeaders(check: Check, headers: TraefikOptions["headers"]): void {
  reportUnknown(check, headers, KNOWN.headers);
  if (!headers?.cacheControl) return;
  const message = "Traefik sets a header on every answer or on none, not only where the upstream sends none";
  check.at("cacheControl").report(message, "have the app send it, or use headers.set");
}

/** Problems of what was set explicitly and Traefik cannot do. */
export function checkCapabilities(check: Check, options: TraefikOptions): void {
  report(check, LACKS, options);
  reportUnknown(check, options, KNOWN.options);
  reportUnknown(check.at("tls"), options.tls, KNOWN.tls);
  reportUnknown(check.at("limits"), options.limits, KNOWN.limits);
  checkHeaders(check.at("headers"), options.headers);
}

/** The same of one route. */
export function checkRouteCapabilities(check: Check, route: TraefikRoute): void {
  reportUnknown(check, route, KNOWN.route);
  reportUnknown(check.at("access"), route.access, KNOWN.access);
  checkHeaders(check.at("headers"), route.headers);
  for (const [index, limit] of (route.rateLimits ?? []).entries()) {
    if (limit.delayAfter !== undefined) {
      check.at("rateLimits").at(index).at("delayAfter").report("Traefik cannot let a part of the burst wait", "leave it out");
    }
  }
  if (isProxyRoute(route)) {
    report(check, ROUTE_LACKS, route);
    reportUnknown(check.at("healthCheck"), route.healthCheck, KNOWN.healthCheck);
    const known = [...STRATEGIES, "least-connections", "hash", "consistent-hash"];
    check.at("strategy").oneOf(known.includes(route.strategy ?? "auto") ? undefined : route.strategy, STRATEGIES);
  } else if ("respond" in route && (route.respond.body !== undefined || route.respond.contentType !== undefined)) {
    check
      .at("respond")
      .report("Traefik answers a status with its standard text, not with a text of yours", "give a status alone, or let the app answer");
  } else if ("respond" in route && route.respond.status < 400) {
    check
      .at("respond.status")
      .report(`Traefik itself answers only what refuses, not ${route.respond.status}`, "give a status from 400, or let the app answer");
  } else if ("redirect" in route && ![undefined, 301, 302, 307, 308].includes(route.redirect.status)) {
    check.at("redirect.status").report(`Traefik cannot redirect with ${route.redirect.status}`, "give 301, 302, 307 or 308");
  }
}
