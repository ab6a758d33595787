import { NOT_THEIRS } from "../../request-headers";
import { credentialHeaders } from "./access";
import { cacheControlHeaders } from "./cache-control";
import { routeCache } from "./caching";
import { hiddenHeaders, responseHeaders } from "./headers";
import { retryAfterHeader } from "./limits";
import { retry } from "./retry";
import { portsOf, targetsOf, type NginxOptions, type ProxyRoute, type Route } from "./options";
import { timeoutsOf } from "./timeouts";
import { hstsValue } from "./tls";
import { upstreamOf } from "./upstreams";
import { variantHeaders } from "./variants";
import { from } from "./origins";
import { block, directive, literal, onOff, type Statement } from "./writer";

/** What a location knows of the whole configuration. */
export interface SiteContext {
  options: NginxOptions;
  owners: ReadonlyMap<string, ProxyRoute>;
  scheme: "http" | "https";
}

/** Port as it follows a host name in a URL, empty when it is the scheme's own. */
export function portSuffix(options: NginxOptions, scheme: "http" | "https"): string {
  const ports = portsOf(options);
  const port = scheme === "https" ? ports.publicHttps : ports.publicHttp;
  return port === (scheme === "https" ? 443 : 80) ? "" : `:${port}`;
}

/** Scheme of what a trusted proxy in front was asked, where this balancer speaks plain HTTP. */
const OUTER_SCHEME = "$outer_scheme";

/** Variables of the headers for upstreams (http level). */
export function proxyGlobals({ tls, trustedProxies }: NginxOptions): Statement[] {
  if (tls !== false || !trustedProxies) return [];
  return [
    block(
      "geo",
      ["$realip_remote_addr", "$from_proxy"],
      [directive("default", "0"), ...trustedProxies.ranges.map((range) => directive(range, "1"))],
    ),
    block("map", ["$from_proxy$http_x_forwarded_proto", OUTER_SCHEME], [directive("default", "http"), directive("1https", "https")]),
  ];
}

/**
 * What the upstream is told about the request. Everything is set, never appended to: a client cannot pretend to be
 * another. `$remote_addr` is already the real client behind trusted proxies. `$host` (not `$http_host`) is what chose the site.
 */
function requestHeaders(route: ProxyRoute, context: SiteContext, requestId = "$request_id"): Statement[] {
  const host = `$host${portSuffix(context.options, context.scheme)}`;
  const set = (name: string, value: string) => directive("proxy_set_header", name, value);
  return [
    set("Host", host),
    set("X-Real-IP", "$remote_addr"),
    set("X-Forwarded-For", "$remote_addr"),
    set("X-Forwarded-Proto", context.options.tls === false && context.options.trustedProxies ? OUTER_SCHEME : context.scheme),
    set("X-Forwarded-Host", host),
    set("X-Request-Id", requestId),
    ...NOT_THEIRS.map((name) => set(name, "")),
    set("Upgrade", route.websocket ? "$upgrade" : ""),
    // Empty keeps the connection to the replica open for the next request.
    set("Connection", route.websocket ? "$connection_upgrade" : ""),
    ...credentialHeaders(route),
  ];
}

function upstreamTls(route: ProxyRoute): Statement[] {
  if (!route.upstreamTls) return [];
  return [
    directive("proxy_ssl_verify", "on"),
    directive("proxy_ssl_trusted_certificate", literal(route.upstreamTls.caFile)),
    directive("proxy_ssl_name", literal(route.upstreamTls.serverName ?? targetsOf(route)[0]?.host ?? "")),
    directive("proxy_ssl_server_name", "on"),
    directive("proxy_ssl_protocols", "TLSv1.2", "TLSv1.3"),
  ];
}

/** How a location asks the upstream, where it is not the route's own. */
export interface Asking {
  /** A named location, whose `proxy_pass` may not have a path. */
  named?: boolean;
  /** Whether the route's cache is used. @default true */
  cached?: boolean;
  /** What the location's answers are told apart by in the cache. */
  cacheKey?: string;
  /** The request's id, where it is not nginx's own. */
  requestId?: string;
}

/** Asks the upstream. */
export function proxy(
  route: ProxyRoute,
  context: SiteContext,
  { named = false, cached = true, cacheKey, requestId }: Asking = {},
): Statement[] {
  const timeouts = timeoutsOf(route);
  const upstream = upstreamOf(route, context.owners);
  return [
    directive("proxy_connect_timeout", `${timeouts.connect}s`),
    directive("proxy_send_timeout", `${timeouts.send}s`),
    directive("proxy_read_timeout", `${timeouts.read}s`),
    ...retry(route),
    directive("proxy_request_buffering", onOff(route.buffering?.request ?? true)),
    directive("proxy_buffering", onOff(route.buffering?.response ?? true)),
    ...requestHeaders(route, context, requestId),
    ...hiddenHeaders(context.options.headers, route.headers, hstsOf(context)),
    // The app answers with the id it was given, and so does the balancer: once is enough.
    directive("proxy_hide_header", "X-Request-Id"),
    ...from("cache", cached ? routeCache(route, context.options, cacheKey) : []),
    ...from("upstreamTls", upstreamTls(route)),
    directive("proxy_pass", `${route.upstreamTls ? "https" : "http"}://${upstream}${route.stripPath && !named ? "/" : ""}`),
  ];
}

/** HSTS says nothing over plain HTTP (RFC 6797, 7.2). */
function hstsOf(context: SiteContext): string | undefined {
  return context.scheme === "https" ? hstsValue(context.options.tls) : undefined;
}

/** Headers of a route's answers. */
export function answerHeaders(route: Route, context: SiteContext): Statement[] {
  const { options } = context;
  const http3 = context.scheme === "https" && options.tls !== false && options.tls.http3;
  return [
    ...responseHeaders(options.headers, route.headers, hstsOf(context)),
    ...(http3 ? [directive("add_header", "Alt-Svc", `h3=":${portsOf(options).publicHttps}"; ma=86400`, "always")] : []),
    directive("add_header", "X-Request-Id", "$request_id", "always"),
    retryAfterHeader(options.limits, route),
    ...cacheControlHeaders(options.headers, route),
    ...("variants" in route ? variantHeaders(route) : []),
  ];
}
