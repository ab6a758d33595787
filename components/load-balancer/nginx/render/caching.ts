import { mergeOptions } from "../../../workload";
import { CACHE_DIRECTORY, type Size } from "./options";
import { block, directive, onOff, type Statement } from "./writer";

/** The balancer's store of responses. */
export interface CacheZoneOptions {
  /** Memory for keys; 1m holds about 8000. @default "10m" */
  keys?: `${number}${"k" | "m"}`;
  /** Largest size of all responses. The directory is memory-backed, 64 MiB on Swarm. @default "48m" */
  maxSize?: Size;
  /** Seconds after which an unused response goes. @default 600 */
  inactive?: number;
}

/** Response cache of a route. Honours Cache-Control, Vary and Set-Cookie of the upstream. */
export interface RouteCacheOptions {
  /** Seconds a 200, 301 or 302 is fresh when the upstream does not say. @default 10 */
  seconds?: number;
  /** Seconds a 404 is fresh. @default 1 */
  notFoundSeconds?: number;
  /** Serve what is stale while one request fetches the new version, and while the upstream fails. @default true */
  staleWhileRevalidate?: boolean;
  /** Let one request fill an entry while the others wait. @default true */
  lock?: boolean;
  /** Cookies of users who get no cached response. @default any cookie */
  bypassCookies?: string[];
  /** Goes into the key: change it and every entry is new, without a purge. @default "1" */
  version?: string;
}

export const CACHE_ZONE_DEFAULTS: Required<CacheZoneOptions> = { keys: "10m", maxSize: "48m", inactive: 600 };

const ROUTE_DEFAULTS = { seconds: 10, notFoundSeconds: 1, staleWhileRevalidate: true, lock: true, version: "1" };

/** The part of a route caching looks at. */
export interface CachedRoute {
  name: string;
  cache?: RouteCacheOptions;
  headers?: { cacheControl?: { assets?: string; others?: string } };
}

function snake(name: string): string {
  return name.replaceAll("-", "_");
}

/** Paths of files a build tool names by their content. */
const ASSETS = "~*\\.(?:css|js|mjs|woff2?|png|jpe?g|gif|svg|webp|avif|ico|map|wasm)$";

/** Cache and maps (http level). */
export function cacheGlobals(zone: CacheZoneOptions | undefined, routes: readonly CachedRoute[]): Statement[] {
  const { keys, maxSize, inactive } = mergeOptions(CACHE_ZONE_DEFAULTS, zone);
  const cached = routes.some((route) => route.cache);
  return [
    ...(cached
      ? [
          directive(
            "proxy_cache_path",
            CACHE_DIRECTORY,
            "levels=1:2",
            `keys_zone=responses:${keys}`,
            `max_size=${maxSize}`,
            `inactive=${inactive}s`,
            "use_temp_path=off",
          ),
        ]
      : []),
    ...routes.flatMap((route) => {
      const control = route.headers?.cacheControl;
      if (!control?.assets && !control?.others) return [];
      return [
        block(
          "map",
          ["$uri", `$own_cache_control_${snake(route.name)}`],
          [directive("default", control.others ?? ""), ...(control.assets ? [directive(ASSETS, control.assets)] : [])],
        ),
        // Only a good response that says nothing itself gets ours: an error must not stay in browsers for a year.
        block(
          "map",
          ["$status|$upstream_http_cache_control", `$cache_control_${snake(route.name)}`],
          [directive("default", ""), directive("~^(200|206|301|304|308)\\|$", `$own_cache_control_${snake(route.name)}`)],
        ),
      ];
    }),
  ];
}

/** Cache rules of a location. */
export function routeCache(route: CachedRoute): Statement[] {
  const control = route.headers?.cacheControl;
  const header =
    control?.assets || control?.others ? [directive("add_header", "Cache-Control", `$cache_control_${snake(route.name)}`)] : [];
  if (!route.cache) return header;
  const cache = mergeOptions(ROUTE_DEFAULTS, route.cache);
  const cookies = route.cache.bypassCookies?.map((name) => `$cookie_${name}`) ?? ["$http_cookie"];
  const personal = ["$http_authorization", "$http_x_api_key", ...cookies];
  return [
    ...header,
    directive("proxy_cache", "responses"),
    directive("proxy_cache_key", `${cache.version}|$request_method|$scheme://$host$request_uri`),
    directive("proxy_cache_valid", 200, 301, 302, `${cache.seconds}s`),
    directive("proxy_cache_valid", 404, `${cache.notFoundSeconds}s`),
    directive("proxy_cache_methods", "GET", "HEAD"),
    directive("proxy_cache_convert_head", "off"),
    directive("proxy_cache_lock", onOff(cache.lock)),
    directive("proxy_cache_lock_timeout", "5s"),
    directive("proxy_cache_revalidate", "on"),
    ...(cache.staleWhileRevalidate
      ? [
          directive("proxy_cache_background_update", "on"),
          directive("proxy_cache_use_stale", "error", "timeout", "updating", "http_500", "http_502", "http_503", "http_504"),
        ]
      : []),
    directive("proxy_cache_bypass", ...personal),
    directive("proxy_no_cache", ...personal),
    directive("add_header", "X-Cache", "$upstream_cache_status", "always"),
  ];
}
