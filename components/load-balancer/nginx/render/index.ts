import { accessGlobals, hasApiKeys } from "./access";
import { bodyGlobals } from "./bodies";
import { cacheControlGlobals } from "./cache-control";
import { cacheGlobals } from "./caching";
import { compression } from "./compression";
import { detourGlobals } from "./detours";
import { httpCore, mainContext } from "./core";
import { filesGlobals } from "./files";
import { imageGlobals } from "./images";
import { nameServer } from "./health-checks";
import { limitGlobals } from "./limits";
import { accessLog } from "./logging";
import { metricsGlobals } from "./metrics";
import { isFiles, isProxy, type NginxOptions } from "./options";
import { from, writeWithOrigins } from "./origins";
import { proxyGlobals } from "./proxy";
import { retryGlobals } from "./retry";
import { servers } from "./servers";
import { tlsGlobals } from "./tls";
import { upstreams } from "./upstreams";
import { checkNginx } from "./validate";
import { variantGlobals } from "./variants";
import { block, comment, write, type Statement } from "./writer";
import { describeProblems } from "../../../workload";

function statements(options: NginxOptions, name: string): Statement[] {
  const problems = checkNginx(name, options);
  if (problems.length > 0) throw new RangeError(describeProblems(problems));
  return [
    comment("Written from typed options; changes made here are lost."),
    ...mainContext(options),
    ...nameServer(options),
    block(
      "http",
      [],
      [
        ...httpCore(options),
        ...from("accessLog", accessLog(options.accessLog, options.routes.some(hasApiKeys))),
        ...from("metrics", metricsGlobals(options)),
        ...from("compression", compression(options.compression)),
        ...from("tls", options.tls === false ? [] : tlsGlobals(options.tls)),
        ...limitGlobals(options.limits, options.routes),
        ...from("bodySpace", bodyGlobals(options)),
        ...accessGlobals(options.routes),
        ...detourGlobals(),
        ...from("trustedProxies", proxyGlobals(options)),
        ...from("cacheZone", cacheGlobals(options.cacheZone, options.routes.filter(isProxy))),
        ...cacheControlGlobals(options.headers, options.routes),
        ...from(
          "imageZone",
          imageGlobals(
            options,
            options.routes.filter((route) => isFiles(route) || isProxy(route)),
          ),
        ),
        ...filesGlobals(options.routes.filter(isFiles)),
        ...variantGlobals(options.routes.filter((route) => isFiles(route) || isProxy(route))),
        ...retryGlobals(options.routes),
        ...upstreams(options.routes, options.tls !== false),
        ...servers(options),
      ],
    ),
  ];
}

/**
 * The options as the text of one nginx.conf. Pure: the same options always give the same text.
 * @param name starts the path of each problem
 * @throws RangeError with every problem of the options at once
 */
export function renderNginx(options: NginxOptions, name = "nginx"): string {
  return write(statements(options, name));
}

/**
 * The same text with comments at its end that say which option its lines come from: where nginx refuses what validation cannot know,
 * a certificate that is none or a name that does not exist, the image names the option beside nginx's own words.
 * @throws RangeError as {@link renderNginx}
 */
export function renderNginxWithOrigins(options: NginxOptions, name = "nginx"): string {
  return writeWithOrigins(statements(options, name), name);
}

export type * from "./options";
export { isFiles, isProxy, portsOf, BODY_DIRECTORY, CACHE_DIRECTORY, RUNTIME_DIRECTORY } from "./options";
export { bodySpaceOf } from "./bodies";
export { HOST_ACCESS_FILE, type AccessOptions, type ApiKey, type BasicAuth } from "./access";
export type { CacheControlOptions, CdnHeader, CdnOptions } from "./cache-control";
export type { CachePreset, CacheZoneOptions, RouteCacheOptions } from "./caching";
export type { CompressionOptions } from "./compression";
export type { FilesOptions } from "./files";
export { DEFAULT_CSP, UPSTREAM_CSP, type HeaderOptions } from "./headers";
export type { ImageOptions, ImageZoneOptions } from "./images";
export {
  HEALTH_CHECK_DEFAULTS,
  hasHealthChecks,
  renderProber,
  type HealthCheckOptions,
  type HealthCheckQuestion,
  type ProbedUpstream,
  type ProberConfiguration,
} from "./health-checks";
export type { ConnectionLimit, LimitKey, LimitOptions, Rate, RateLimit } from "./limits";
export type { AccessLogOptions } from "./logging";
export type { MetricsOptions } from "./metrics";
export { TLS_PROFILES, type CertificateFiles, type HstsOptions, type TlsOptions, type TlsProfileName } from "./tls";
export type { HashBy, KeepaliveOptions, Strategy, UpstreamOptions } from "./upstreams";
export type { ImageFormat } from "./variants";
export { checkNginx } from "./validate";
export { hashApiKey, newApiKey } from "./api-key";
