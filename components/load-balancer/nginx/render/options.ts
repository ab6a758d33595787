import type { AccessOptions } from "./access";
import type { CachePreset, CacheZoneOptions, RouteCacheOptions } from "./caching";
import type { CompressionOptions } from "./compression";
import type { FilesOptions } from "./files";
import type { HeaderOptions } from "./headers";
import type { ImageOptions, ImageZoneOptions } from "./images";
import type { HealthCheckOptions } from "./health-checks";
import type { ConnectionLimit, LimitOptions, RateLimit } from "./limits";
import type { AccessLogOptions } from "./logging";
import type { MetricsOptions } from "./metrics";
import type { TlsOptions } from "./tls";
import type { UpstreamOptions } from "./upstreams";
import type { ImageFormat } from "./variants";

/** A size nginx understands. @example "512k", "10m", "1g" */
export type Size = `${number}${"k" | "m" | "g"}`;

/** Where requests go: a DNS name whose A records are all replicas, or an address. */
export interface Target {
  /** DNS name or IP address. */
  host: string;
  port: number;
  /** Share of requests relative to the route's other targets; only with strategy `weighted`. */
  weight?: number;
  /** Used only when no other target answers. @default false */
  backup?: boolean;
}

/** Timeouts towards the upstream, in seconds. */
export interface UpstreamTimeouts {
  /** Until the connection stands; short, because a replica that is gone must not hold a request. @default 1 */
  connect?: number;
  /** Between two writes of the request. @default 10 */
  send?: number;
  /**
   * Between two reads of the response. After it a GET is tried elsewhere, so it is what a replica that hangs costs; anything slower is asked for twice, and
   * a POST ends with 504. @default 30; 3600 with `websocket`
   */
  read?: number;
}

/**
 * Second chances on another replica. Where the upstream's addresses change during an attempt, nginx itself would give the request up;
 * it then begins once more with the new addresses, a POST only if nothing of it was sent.
 */
export interface RetryOptions {
  /** Most attempts, the first included, from each beginning. @default 3 */
  tries?: number;
  /** Seconds after the first attempt within which another may start. @default 10, or `timeouts.read` and 5 more when that is longer */
  timeout?: number;
  /** What counts as a failure of the replica. @default ["error", "timeout", "http_502", "http_503"] */
  on?: RetryCause[];
}

/** Causes nginx can retry for (proxy_next_upstream). `non_idempotent` is not among them: a POST that was sent is never sent twice. */
export type RetryCause = "error" | "timeout" | "invalid_header" | "http_500" | "http_502" | "http_503" | "http_504" | "http_429";

/** TLS to the upstream. */
export interface UpstreamTls {
  /** File with the authority's certificate, PEM. */
  caFile: string;
  /** Name the upstream's certificate has to carry. @default the target's host */
  serverName?: string;
}

/** What a route is about, whatever answers it. */
export interface RouteBase {
  /** Unique; names the route in logs, limit zones and upstreams. Lower-case letters, digits and hyphens. */
  name: string;
  /** Path it answers. */
  path: string;
  /** `prefix`: every path that starts with it (the longest one wins); `exact`: that path alone. @default "prefix" */
  match?: "prefix" | "exact";
  /** Host names it answers, which then form a site of their own. @default the balancer's `hosts` */
  hosts?: string[];
  /** Largest request body; one that is buffered has to fit in half of `bodySpace`. @default "1m" */
  maxBodySize?: Size;
  /** Rates this route alone allows, besides the balancer's own. @default []; with `access.basicAuth` { rate: "5r/s", burst: 20 } */
  rateLimits?: RateLimit[];
  /** Connections this route alone allows, besides the balancer's own, counted for itself. @default none */
  connectionLimit?: ConnectionLimit;
  headers?: HeaderOptions;
  access?: AccessOptions;
}

/** A route that is proxied. */
export interface ProxyRoute extends RouteBase, UpstreamOptions {
  /** Where requests go; several with strategy `weighted` or with `backup`. */
  to: Target | Target[];
  /** Lets connections change to WebSocket, and keeps them open for `timeouts.read` (1 h) without traffic. @default false */
  websocket?: boolean;
  timeouts?: UpstreamTimeouts;
  /** `false`: one attempt. */
  retry?: RetryOptions | false;
  /** Removes `path` from what the upstream sees. @default false */
  stripPath?: boolean;
  /** Take the whole request (response) in before passing it on. Without request buffering a request with a body cannot be retried. @default both true */
  buffering?: { request?: boolean; response?: boolean };
  /** Response cache of the balancer; `"micro"`: for one second. @default none */
  cache?: RouteCacheOptions | CachePreset;
  upstreamTls?: UpstreamTls;
  /**
   * Formats in which the upstream may also have images (`/photo.jpg.avif` for `/photo.jpg`), best first; chosen by Accept. Where it has
   * none, the image itself is asked for. @default []
   */
  variants?: ImageFormat[];
  /** Resizing of images by query; `{}`: with every default. @default none */
  images?: ImageOptions;
  /**
   * Has the balancer ask each replica whether it works. What it finds holds for every route to the same name.
   * @default false: replicas leave by DNS and by nginx's passive rules alone @example { path: "/health/ready" }
   */
  healthCheck?: HealthCheckOptions | false;
}

/** A route of files. */
export interface FilesRoute extends RouteBase {
  files: FilesOptions;
  /** Formats in which images may stand beside the original (`photo.jpg.avif`), best first; chosen by Accept. @default [] */
  variants?: ImageFormat[];
  /** Resizing of images by query; `{}`: with every default. @default none */
  images?: ImageOptions;
}

/** A route the balancer answers itself. */
export interface FixedRoute extends RouteBase {
  respond: { status: number; body?: string; contentType?: string };
}

/** A route that sends the client elsewhere. */
export interface RedirectRoute extends RouteBase {
  redirect: { to: string; status?: 301 | 302 | 303 | 307 | 308 };
}

/** A route to the balancer's own status page: what it counted, for people. */
export interface StatusRoute extends RouteBase {
  page: "status";
}

export type Route = ProxyRoute | FilesRoute | FixedRoute | RedirectRoute | StatusRoute;

/** DNS servers that know the upstreams. */
export interface ResolverOptions {
  /** Addresses or names, with port when not 53; a name is looked up once, at the start. @default the platform's (["127.0.0.11"], Docker's own) */
  addresses?: string[];
  /** Seconds an answer is believed, whatever its TTL says: Docker's answers carry 600 s. @default 1 */
  valid?: number;
  /** Seconds for an answer. @default 2 */
  timeout?: number;
  /** Ask for IPv6 addresses too. @default false */
  ipv6?: boolean;
}

export const RESOLVER_DEFAULTS: Required<ResolverOptions> = { addresses: ["127.0.0.11"], valid: 1, timeout: 2, ipv6: false };

/** Ports in the container; above 1023, because the process is not root. */
export interface PortOptions {
  /** Plain HTTP; `false`: not listened on. @default 8080 */
  http?: number | false;
  /** @default 8443 */
  https?: number;
  /** Health, metrics and status; never published. @default 8081 */
  status?: number;
  /** On loopback, UDP and TCP: where nginx looks names up when a route has a health check. @default 5353 */
  dns?: number;
  /** On loopback, UDP: where the prober answers. @default 5354 */
  prober?: number;
  /** Port of HTTPS the client sees, for redirects. @default 443 */
  publicHttps?: number;
  /** Port of HTTP the client sees. @default 80 */
  publicHttp?: number;
}

/** Patience with clients, in seconds; what slow-request attacks (slowloris) live on. */
export interface ClientTimeouts {
  /** For the whole request header. @default 10 */
  header?: number;
  /** Between two reads of the request body. @default 10 */
  body?: number;
  /** Between two writes of the response. @default 10 */
  send?: number;
  /** An idle connection stays open. @default 65 */
  keepalive?: number;
}

/** Addresses of proxies (a CDN, a cloud balancer) that may say who the client is. */
export interface TrustedProxies {
  /** CIDR ranges. */
  ranges: string[];
  /** Header that carries the client's address. @default "X-Forwarded-For" */
  header?: string;
}

/** nginx's own size. */
export interface ProcessOptions {
  /** Worker processes; `auto` counts the machine's CPUs, which a container may use only some of. @default "auto"; NginxLoadBalancer: by the limit */
  workers?: number | "auto";
  /** Connections of one worker, both sides counted. @default 4096 */
  connections?: number;
  /** Seconds an old worker may finish its connections (WebSockets above all) after a reload. @default 300 */
  shutdownTimeout?: number;
}

/** Everything a balancer is told. Pure data: render it with {@link renderNginx}. */
export interface NginxOptions {
  /** Host names (or addresses) routes without `hosts` answer; others are refused. @default any host */
  hosts?: string[];
  routes: Route[];
  /** `false`: plain HTTP only, for a balancer behind another one. */
  tls: TlsOptions | false;
  ports?: PortOptions;
  resolver?: ResolverOptions;
  limits?: LimitOptions;
  headers?: HeaderOptions;
  compression?: CompressionOptions;
  cacheZone?: CacheZoneOptions;
  imageZone?: ImageZoneOptions;
  /**
   * Memory for request bodies of more than 64k while they are received, of all clients together. One client can have at most half of it.
   * @default "64m"
   */
  bodySpace?: Size;
  accessLog?: AccessLogOptions | false;
  /** Requests counted for `/metrics`; needs nginx's Lua module, as in `images/nginx`. `false`: connection gauges only. @default {} */
  metrics?: MetricsOptions | false;
  timeouts?: ClientTimeouts;
  trustedProxies?: TrustedProxies;
  processes?: ProcessOptions;
  /** Status of the redirect from HTTP to HTTPS. 308 keeps the method, so a POST stays one. @default 308 */
  redirectStatus?: 301 | 302 | 307 | 308;
  /** Who answers ACME's HTTP-01 challenges on plain HTTP. */
  acme?: { to: Target };
}

export function isProxy(route: Route): route is ProxyRoute {
  return "to" in route;
}

export function isFiles(route: Route): route is FilesRoute {
  return "files" in route;
}

/** A route's targets as a list. */
export function targetsOf(route: ProxyRoute): Target[] {
  return Array.isArray(route.to) ? route.to : [route.to];
}

/** Ports with every default. */
export function portsOf(options: NginxOptions): Required<PortOptions> {
  return { http: 8080, https: 8443, status: 8081, dns: 5353, prober: 5354, publicHttps: 443, publicHttp: 80, ...options.ports };
}

/** Directory of request bodies, apart from the one around it: however full it is, configuration and certificates have their room. */
export const BODY_DIRECTORY = "/run/nginx/bodies";

/** Directory the process may write to: process id, temporary files, what the entry point works out at start. */
export const RUNTIME_DIRECTORY = "/run/nginx";

/** Directory of the response cache. */
export const CACHE_DIRECTORY = "/var/cache/nginx";
