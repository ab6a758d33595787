import { mergeOptions } from "../../../workload";
import type { ConnectionLimit, HeaderOptions, LimitKey, RateLimit, RetryCause, Size } from "../../nginx";
import { COMPRESSION_DEFAULTS } from "../../nginx/render/compression";
import { headersOf, UPSTREAM_CSP } from "../../nginx/render/headers";
import { clientLimit, LIMIT_DEFAULTS, partsOf, rateLimitsOf } from "../../nginx/render/limits";
import { hstsValue } from "../../nginx/render/tls";
import { NOT_THEIRS } from "../../request-headers";
import { retrySecondsAfter } from "../../retry-time";
import { seconds, type Middleware, type SourceCriterion } from "./configuration";
import type { CircuitBreaker, TraefikOptions, TraefikProxyRoute, TraefikRoute } from "./options";
import { timeoutsOf } from "./services";

/** Named middlewares, in the order in which requests pass them. */
export type Chain = [name: string, middleware: Middleware][];

export const RETRY_DEFAULTS = { tries: 5, on: ["error", "timeout", "http_502", "http_503"] as RetryCause[] };

/** Seconds before a second attempt; a third waits somewhat longer, and so on, up to twice that. */
const RETRY_INTERVAL = 0.05;

/** Largest request body kept for another attempt; a request with a larger one gets only those that fail before anything is sent. */
const RETRY_BODY_BYTES = 65_536;

const BREAKER_DEFAULTS = { networkErrors: 0.5, serverErrors: false, medianSeconds: false, openSeconds: 10, recoverySeconds: 10 } as const;

/** Deeper than any list of addresses a request can carry: everyone then is the same, nameless client. */
const EVERYONE: SourceCriterion = { ipStrategy: { depth: 1_000_000 } };

/** A client's own address, or with trusted proxies the last one that is none of theirs. */
export function clientCriterion(options: TraefikOptions): SourceCriterion {
  const ranges = options.trustedProxies?.ranges;
  return { ipStrategy: ranges ? { excludedIPs: ranges } : { depth: 0 } };
}

/** Response headers: those that are set, and those of the upstream that are taken away. */
function headers(options: TraefikOptions, own: HeaderOptions | undefined, customRequestHeaders: Record<string, string>): Middleware {
  const merged = headersOf(options.headers, own);
  const csp = merged.csp === UPSTREAM_CSP ? undefined : merged.csp || undefined;
  const hsts = options.tls === false ? undefined : hstsValue({ ...options.tls, certificates: [] });
  const set: Record<string, string | false | undefined> = {
    ...Object.fromEntries(merged.hide.map((name) => [name, ""])),
    "Strict-Transport-Security": hsts,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": csp,
    "Referrer-Policy": merged.referrerPolicy,
    "Permissions-Policy": merged.permissionsPolicy,
    "X-Frame-Options": merged.frameOptions,
    "Cross-Origin-Opener-Policy": merged.openerPolicy,
    ...merged.set,
  };
  const customResponseHeaders = Object.fromEntries(
    Object.entries(set).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
  return { headers: { customRequestHeaders, customResponseHeaders } };
}

/** What Traefik adds to {@link NOT_THEIRS} by its own names. */
const TRAEFIKS_OWN = ["X-Forwarded-Uri", "X-Forwarded-Method"];

/** What Traefik sets itself for clients that come directly, and hands on as a trusted proxy sent it, who may have it from the client. */
const AS_THE_PROXY_SAYS = ["X-Real-Ip", "X-Forwarded-Host"];

/** Request headers that do not reach an upstream: what only the balancer may say, and where WebSockets are not wanted, what would make one. */
function removedFromRequests({ trustedProxies }: TraefikOptions, websocket: boolean): Record<string, string> {
  const names = [
    ...["X-API-Client", ...NOT_THEIRS, ...TRAEFIKS_OWN],
    ...(trustedProxies ? AS_THE_PROXY_SAYS : []),
    ...(websocket ? [] : ["Upgrade"]),
  ];
  return Object.fromEntries(names.map((name) => [name, ""]));
}

/** Sets headers of responses, and takes from requests what an upstream must not get. */
export function headerChain(options: TraefikOptions, name: string, own: HeaderOptions | undefined, websocket = false): Chain {
  return [[`${name}-headers`, headers(options, own, removedFromRequests(options, websocket))]];
}

function rate(limit: Omit<RateLimit, "key">, criterion: SourceCriterion): Middleware {
  const parts = partsOf(limit.rate);
  return {
    rateLimit: {
      average: parts.requests,
      period: seconds(parts.seconds),
      // Traefik counts the request itself in, nginx does not.
      burst: (limit.burst ?? 0) + 1,
      sourceCriterion: criterion,
    },
  };
}

/** The smaller of a route's and the balancer's number of open requests. */
function smaller(...numbers: (number | undefined)[]): number | undefined {
  const given = numbers.filter((value) => value !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
}

/** Rate limits and limits of open requests, of the balancer and of a route. */
export function limitChain(options: TraefikOptions, route: TraefikRoute): Chain {
  const { limits } = options;
  const criteria: Record<LimitKey, SourceCriterion> = { client: clientCriterion(options), everyone: EVERYONE };
  const perClient = clientLimit(limits);
  const own: ConnectionLimit = route.connectionLimit ?? {};
  const shared = mergeOptions<ConnectionLimit>({ perClient: LIMIT_DEFAULTS.connectionsPerClient }, limits?.connections);
  const open: [string, number | undefined, SourceCriterion][] = [
    ["per-client", smaller(own.perClient, shared.perClient), criteria.client],
    ["total", smaller(own.total, shared.total), criteria.everyone],
  ];
  return [
    // Traefik counts for each router by itself, also where several name one middleware.
    ...(perClient ? [["per-client", rate(perClient, criteria.client)] satisfies Chain[number]] : []),
    ...(limits?.global ? [["global", rate(limits.global, criteria.everyone)] satisfies Chain[number]] : []),
    ...rateLimitsOf(route).map((limit, index): Chain[number] => [
      `${route.name}-rate-${index}`,
      rate(limit, criteria[limit.key ?? "client"]),
    ]),
    ...open.flatMap(([name, amount, sourceCriterion]): Chain =>
      amount === undefined ? [] : [[`${route.name}-open-${name}`, { inFlightReq: { amount, sourceCriterion } }]],
    ),
  ];
}

const UNITS = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size in bytes. */
export function bytesOf(size: Size): number {
  return Number(size.slice(0, -1)) * UNITS[size.slice(-1) as keyof typeof UNITS];
}

/** Compression of responses. */
export function compressionChain(options: TraefikOptions): Chain {
  const { compression } = options;
  const encodings = [...(compression?.brotli === false ? [] : ["br"]), ...(compression?.gzip === false ? [] : ["gzip"])];
  if (encodings.length === 0) return [];
  const types = compression?.types ?? COMPRESSION_DEFAULTS.types;
  return [
    [
      "compression",
      {
        compress: {
          encodings,
          minResponseBodyBytes: compression?.minLength ?? COMPRESSION_DEFAULTS.minLength,
          includedContentTypes: ["text/html", ...types],
        },
      },
    ],
  ];
}

/** Limits the request's body; with `buffering` said outright, bodies are taken in as a whole. */
export function bodyChain(route: TraefikProxyRoute): Chain {
  // A connection that becomes a WebSocket's could not pass a buffer; it has no body either.
  if (route.websocket) return [];
  return [
    [
      `${route.name}-body`,
      {
        buffering: {
          maxRequestBodyBytes: bytesOf(route.maxBodySize ?? "1m"),
          disableRequestBuffer: route.buffering?.request !== true,
          disableResponseBuffer: route.buffering?.response !== true,
        },
      },
    ],
  ];
}

/** Status that stands for each cause: Traefik answers 502 for a broken connection and 504 for one that is silent, and so may an upstream. */
const STATUS: Record<RetryCause, string> = {
  error: "502",
  timeout: "504",
  invalid_header: "502",
  http_500: "500",
  http_502: "502",
  http_503: "503",
  http_504: "504",
  http_429: "429",
};

/** Second attempts: for every request while nothing of it was sent, for idempotent ones also by the answer. */
export function retryChain(route: TraefikProxyRoute): Chain {
  if (route.retry === false) return [];
  const defaults = { tries: RETRY_DEFAULTS.tries, timeout: retrySecondsAfter(timeoutsOf(route).read) };
  const { tries, timeout } = mergeOptions(defaults, route.retry);
  const causes = route.retry?.on ?? RETRY_DEFAULTS.on;
  if (tries === 1) return [];
  const status = [...new Set(causes.map((cause) => STATUS[cause]))].sort();
  const retry = {
    attempts: tries,
    initialInterval: seconds(RETRY_INTERVAL),
    timeout: seconds(timeout),
    maxRequestBodyBytes: RETRY_BODY_BYTES,
  };
  return [[`${route.name}-retry`, { retry: { ...retry, ...(status.length > 0 ? { status } : {}) } }]];
}

function expression(breaker: CircuitBreaker): string {
  const { networkErrors, serverErrors, medianSeconds } = mergeOptions<CircuitBreaker>(BREAKER_DEFAULTS, breaker);
  const parts = [
    ...(typeof networkErrors === "number" ? [`NetworkErrorRatio() > ${networkErrors.toFixed(4)}`] : []),
    ...(typeof serverErrors === "number" ? [`ResponseCodeRatio(500, 600, 0, 600) > ${serverErrors.toFixed(4)}`] : []),
    ...(typeof medianSeconds === "number" ? [`LatencyAtQuantileMS(50.0) > ${Math.round(medianSeconds * 1000)}`] : []),
  ];
  return parts.join(" || ");
}

/** Answers 503 without asking the upstream while it is in trouble. */
export function breakerChain(route: TraefikProxyRoute): Chain {
  const breaker = route.circuitBreaker;
  if (!breaker) return [];
  return [
    [
      `${route.name}-breaker`,
      {
        circuitBreaker: {
          expression: expression(breaker),
          fallbackDuration: seconds(breaker.openSeconds ?? BREAKER_DEFAULTS.openSeconds),
          recoveryDuration: seconds(breaker.recoverySeconds ?? BREAKER_DEFAULTS.recoverySeconds),
        },
      },
    ],
  ];
}

/** Takes the route's path from what the upstream sees. */
export function pathChain(route: TraefikProxyRoute): Chain {
  if (!route.stripPath || route.path === "/") return [];
  return [[`${route.name}-path`, { stripPrefix: { prefixes: [route.path.replace(/\/$/, "")] } }]];
}
