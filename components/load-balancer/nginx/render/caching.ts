import { mergeOptions } from "../../../workload";
import { CACHE_DIRECTORY, type NginxOptions, type Size } from "./options";
import { keepWhatFits } from "./store";
import { block, directive, onOff, type Statement } from "./writer";

/**
 * The balancer's store of responses. It is bounded: the least used go when there are more than `maxSize` in all, or more than `keys` can
 * hold. nginx looks at the size every ten seconds; what finds the directory full until then is passed on without being stored.
 */
export interface CacheZoneOptions {
  /** Memory for keys; 1m holds about 8000. @default "10m" */
  keys?: `${number}${"k" | "m"}`;
  /** Largest size of all responses. The directory is memory-backed, 64 MiB on Swarm, and resized images may take 16m of it. @default "32m" */
  maxSize?: Size;
  /** Largest response that is stored, as far as the upstream tells its length. @default "1m" */
  maxEntry?: Size;
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

/**
 * A preset. `micro`: a second, for pages that are the same for everybody but change all the time. However many ask, the upstream gets
 * about one request a second for each URL, and nobody waits for it but the first.
 */
export type CachePreset = keyof typeof PRESETS;

export const CACHE_ZONE_DEFAULTS: Required<CacheZoneOptions> = { keys: "10m", maxSize: "32m", maxEntry: "1m", inactive: 600 };

const ROUTE_DEFAULTS = { seconds: 10, notFoundSeconds: 1, staleWhileRevalidate: true, lock: true, version: "1" };

const PRESETS = { micro: { seconds: 1 } } satisfies Record<string, RouteCacheOptions>;

export const CACHE_PRESETS = Object.keys(PRESETS);

/** Seconds a request waits for another one that fills the same entry, before it asks the upstream itself and stores nothing. */
const LOCK_SECONDS = 5;

/**
 * Stored responses that a worker keeps open between two requests, which saves opening and closing the file: a fifth of the time of a
 * cached answer. A file that is open takes up its place even when it has left the cache, so they are few, and closed after a second in which
 * nobody asks. nginx knows by the file's number when another one has taken its place.
 */
const OPEN_FILES = ["max=32", "inactive=1s"];

/** Set where a response is too large to be stored. */
const TOO_LARGE = "$too_large_to_store";

/** The part of a route caching looks at. */
export interface CachedRoute {
  name: string;
  cache?: RouteCacheOptions | CachePreset;
}

/** What tells a request of somebody known from the others: each variable is empty for a stranger. */
export function personal(cookies: readonly string[] | undefined): string[] {
  return ["$http_authorization", "$http_x_api_key", ...(cookies?.map((name) => `$cookie_${name}`) ?? ["$http_cookie"])];
}

const UNIT_BYTES: Record<string, number> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size in bytes. */
export function bytesOf(size: Size): number {
  return parseInt(size, 10) * (UNIT_BYTES[size.slice(-1)] ?? 1);
}

/** Regular expression of the whole numbers above a limit, without leading zeros: nginx compares no numbers. */
export function above(limit: number): string {
  const digits = String(limit);
  const longer = `[1-9][0-9]{${digits.length},}`;
  const asLong = [...digits].flatMap((digit, index) => {
    const rest = digits.length - index - 1;
    return digit === "9" ? [] : [`${digits.slice(0, index)}[${Number(digit) + 1}-9][0-9]{${rest}}`];
  });
  return `^(?:${[longer, ...asLong].join("|")})$`;
}

/** Where and how much a cache stores. */
export function cachePath(name: string, keys: string, maxSize: string, inactive: number): Statement {
  return directive(
    "proxy_cache_path",
    `${CACHE_DIRECTORY}/${name}`,
    "levels=1:2",
    `keys_zone=${name}:${keys}`,
    `max_size=${maxSize}`,
    `inactive=${inactive}s`,
    "use_temp_path=off",
  );
}

/** The store, when a route uses it (http level). */
export function cacheGlobals(zone: CacheZoneOptions | undefined, routes: readonly CachedRoute[]): Statement[] {
  if (!routes.some((route) => route.cache)) return [];
  const { keys, maxSize, maxEntry, inactive } = mergeOptions(CACHE_ZONE_DEFAULTS, zone);
  return [
    cachePath("responses", keys, maxSize, inactive),
    block("map", ["$upstream_http_content_length", TOO_LARGE], [directive("default", ""), directive(`~${above(bytesOf(maxEntry))}`, "1")]),
  ];
}

/** Cache rules of a location. @param key what else its answers are told apart by */
export function routeCache(route: CachedRoute, options: Pick<NginxOptions, "cacheZone" | "metrics">, key?: string): Statement[] {
  if (!route.cache) return [];
  const own: RouteCacheOptions = typeof route.cache === "string" ? PRESETS[route.cache] : route.cache;
  const cache = mergeOptions(ROUTE_DEFAULTS, own);
  const bypass = personal(own.bypassCookies);
  return [
    directive("proxy_cache", "responses"),
    directive("proxy_cache_key", `${cache.version}|$request_method|${key === undefined ? "" : `${key}|`}$scheme://$host$request_uri`),
    directive("proxy_cache_valid", 200, 301, 302, `${cache.seconds}s`),
    directive("proxy_cache_valid", 404, `${cache.notFoundSeconds}s`),
    directive("proxy_cache_methods", "GET", "HEAD"),
    directive("proxy_cache_convert_head", "off"),
    directive("proxy_cache_lock", onOff(cache.lock)),
    directive("proxy_cache_lock_timeout", `${LOCK_SECONDS}s`),
    directive("proxy_cache_revalidate", "on"),
    directive("open_file_cache", ...OPEN_FILES),
    directive("open_file_cache_min_uses", 2),
    ...(cache.staleWhileRevalidate
      ? [
          directive("proxy_cache_background_update", "on"),
          directive("proxy_cache_use_stale", "error", "timeout", "updating", "http_500", "http_502", "http_503", "http_504"),
        ]
      : []),
    directive("proxy_cache_bypass", ...bypass),
    ...keepWhatFits(options, bytesOf(options.cacheZone?.maxEntry ?? CACHE_ZONE_DEFAULTS.maxEntry), [...bypass, TOO_LARGE]),
    directive("add_header", "X-Cache", "$upstream_cache_status", "always"),
  ];
}
