import type { Problem } from "../../../workload";
import { Check, RATE, ZONE_SIZE } from "./check";
import { hasHealthChecks } from "./health-checks";
import { clientLimit } from "./limits";
import { portsOf, type NginxOptions } from "./options";
import { sitesOf } from "./servers";
import { checkBodies } from "./validate-bodies";
import { checkCacheZone } from "./validate-caching";
import { checkImageZone } from "./validate-images";
import { HSTS_DEFAULTS, TLS_PROFILES, type TlsOptions } from "./tls";
import { checkSameQuestions } from "./validate-health-checks";
import { checkHeaders, checkRate, checkRoute, checkTarget, isResolverAddress } from "./validate-routes";

/** A year in seconds: what browsers ask for before they preload a host (hstspreload.org). */
const PRELOAD_SECONDS = 31_536_000;

function checkTls(check: Check, tls: TlsOptions): void {
  check.at("profile").oneOf(tls.profile, Object.keys(TLS_PROFILES));
  if (tls.certificates.length === 0) check.at("certificates").report("is empty", "give a certificate and its key, or `tls: false`");
  for (const [index, certificate] of tls.certificates.entries()) {
    const at = check.at("certificates").at(index);
    at.at("certificateFile").file(certificate.certificateFile);
    at.at("keyFile").file(certificate.keyFile);
    for (const [position, host] of (certificate.hosts ?? []).entries()) at.at("hosts").at(position).host(host, true);
  }
  check.at("sessionCache").matches(tls.sessionCache, ZONE_SIZE, "a size of memory", "10m");
  check.at("sessionTimeout").whole(tls.sessionTimeout, 1);
  if (tls.hsts) {
    check.at("hsts.maxAge").whole(tls.hsts.maxAge, 0);
    const maxAge = tls.hsts.maxAge ?? HSTS_DEFAULTS.maxAge;
    if (tls.hsts.preload && !(tls.hsts.includeSubDomains && maxAge >= PRELOAD_SECONDS)) {
      check
        .at("hsts.preload")
        .report("needs includeSubDomains and a maxAge of at least a year", `set includeSubDomains: true and maxAge: ${PRELOAD_SECONDS}`);
    }
  }
}

function checkPorts(check: Check, options: NginxOptions): void {
  const ports = portsOf(options);
  const own: [string, number | false][] = [
    ["http", ports.http],
    ["https", options.tls === false ? false : ports.https],
    ["status", ports.status],
    ...(hasHealthChecks(options.routes)
      ? ([
          ["dns", ports.dns],
          ["prober", ports.prober],
        ] as [string, number][])
      : []),
  ];
  for (const [key, port] of own) if (port !== false) check.at("ports").at(key).port(port);
  check.at("ports.publicHttp").port(ports.publicHttp);
  check.at("ports.publicHttps").port(ports.publicHttps);
  const seen = new Map<number, string>();
  for (const [key, port] of own) {
    if (port === false) continue;
    const other = seen.get(port);
    if (other) check.at("ports").at(key).report(`${port} is also the ${other} port`, "give each its own");
    seen.set(port, key);
  }
  if (options.tls === false && ports.http === false) {
    check.at("ports.http").report("is off while there is no TLS, so nothing would be listened on", "give a port, or tls");
  }
}

function checkRoutes(check: Check, options: NginxOptions): void {
  if (options.routes.length === 0) check.at("routes").report("is empty, so every request would be 404", "give at least one route");
  const names = new Set<string>();
  for (const [index, route] of options.routes.entries()) {
    const at = check.at("routes").at(index);
    checkRoute(at, route);
    if (names.has(route.name)) at.at("name").report(`"${route.name}" is there twice`, "give each route its own name");
    names.add(route.name);
    if ("page" in route && options.metrics === false) {
      at.at("page").report("shows what is counted, and `metrics` is off", "leave `metrics` out, or this route");
    }
  }
  const owners = new Map<string, string>();
  for (const site of sitesOf(options)) {
    const paths = new Set<string>();
    for (const route of site.routes) {
      const key = `${route.match === "exact" ? "=" : ""}${route.path}`;
      if (paths.has(key)) {
        check.at("routes").report(`two routes answer ${route.path} (the second is "${route.name}")`, "give each its own path or hosts");
      }
      paths.add(key);
    }
    for (const host of site.hosts) {
      const taken = owners.get(host.toLowerCase());
      if (taken !== undefined) {
        check
          .at("routes")
          .report(`"${host}" is named by two different lists of hosts`, "name the same hosts on every route that shares one of them");
      }
      owners.set(host.toLowerCase(), host);
    }
  }
}

/** Every problem of a balancer's options, none when they are sound. Pure. */
export function checkNginx(name: string, options: NginxOptions): Problem[] {
  const check = new Check(name);
  checkShared(check, options);
  checkBodies(check, options);
  return check.problems;
}

/** What is wrong with options for any balancer that takes the same ones. */
export function checkShared(check: Check, options: NginxOptions): void {
  checkRoutes(check, options);
  checkSameQuestions(check, options);
  for (const [index, host] of (options.hosts ?? []).entries()) check.at("hosts").at(index).host(host, true);
  if (options.tls !== false) checkTls(check.at("tls"), options.tls);
  checkPorts(check, options);
  checkHeaders(check.at("headers"), options.headers);
  const { limits, resolver, compression, cacheZone, timeouts, processes, trustedProxies, accessLog } = options;
  if (limits?.perClient) {
    // Only a rate that can be read tells the burst it stands for.
    const readable = RATE.test(limits.perClient.rate);
    checkRate(check.at("limits.perClient"), readable ? (clientLimit(limits) ?? limits.perClient) : limits.perClient);
  }
  if (limits?.global) checkRate(check.at("limits.global"), limits.global);
  check.at("limits.connections.perClient").whole(limits?.connections?.perClient, 1);
  check.at("limits.connections.total").whole(limits?.connections?.total, 1);
  check.at("limits.zoneSize").matches(limits?.zoneSize, ZONE_SIZE, "a size of memory", "10m");
  for (const [index, address] of (resolver?.addresses ?? []).entries()) {
    if (!isResolverAddress(address)) {
      check
        .at("resolver.addresses")
        .at(index)
        .report(`${JSON.stringify(address)} is not an address or a name`, "e.g. 127.0.0.11, 10.96.0.10:53 or [fd00::10]");
    }
  }
  if (resolver?.addresses?.length === 0) check.at("resolver.addresses").report("is empty", "leave it out for Docker's, or give one");
  check.at("resolver.valid").whole(resolver?.valid, 1, 3600);
  check.at("resolver.timeout").whole(resolver?.timeout, 1, 60);
  if (compression?.gzip) check.at("compression.gzip.level").whole(compression.gzip.level, 1, 9);
  if (compression?.brotli) check.at("compression.brotli.level").whole(compression.brotli.level, 0, 11);
  check.at("compression.minLength").whole(compression?.minLength, 0);
  for (const [index, type] of (compression?.types ?? []).entries()) {
    check
      .at("compression.types")
      .at(index)
      .matches(type, /^[a-z0-9.+-]+\/[a-z0-9.+*-]+$/, "a media type", "application/json");
  }
  checkCacheZone(check.at("cacheZone"), cacheZone);
  checkImageZone(check.at("imageZone"), options.imageZone);
  for (const key of ["header", "body", "send", "keepalive"] as const) check.at(`timeouts.${key}`).whole(timeouts?.[key], 1, 3600);
  if (typeof processes?.workers === "number") check.at("processes.workers").whole(processes.workers, 1, 1024);
  else check.at("processes.workers").oneOf(processes?.workers, ["auto"]);
  check.at("processes.connections").whole(processes?.connections, 16, 1_000_000);
  check.at("processes.shutdownTimeout").whole(processes?.shutdownTimeout, 1, 86_400);
  if (trustedProxies) {
    if (trustedProxies.ranges.length === 0)
      check.at("trustedProxies.ranges").report("is empty", "give a range, or leave trustedProxies out");
    for (const [index, range] of trustedProxies.ranges.entries()) check.at("trustedProxies.ranges").at(index).range(range);
    if (trustedProxies.header !== undefined) check.at("trustedProxies.header").headerName(trustedProxies.header);
  }
  if (options.metrics) check.at("metrics.zoneSize").matches(options.metrics.zoneSize, ZONE_SIZE, "a size of memory", "4m");
  if (accessLog && accessLog.path !== undefined) check.at("accessLog.path").file(accessLog.path);
  check.at("redirectStatus").oneOf(options.redirectStatus, [301, 302, 307, 308]);
  if (options.acme) checkTarget(check.at("acme.to"), options.acme.to);
}
