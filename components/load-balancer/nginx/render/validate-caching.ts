import { CDN_HEADERS } from "./cache-control";
import { bytesOf, CACHE_PRESETS, CACHE_ZONE_DEFAULTS, type CachePreset, type CacheZoneOptions, type RouteCacheOptions } from "./caching";
import { COOKIE, SIZE, ZONE_SIZE, type Check } from "./check";
import type { HeaderOptions } from "./headers";

function checkCookies(check: Check, cookies: readonly string[] | undefined): void {
  for (const [index, cookie] of (cookies ?? []).entries()) check.at(index).matches(cookie, COOKIE, "a cookie name", "session");
}

export function checkCacheZone(check: Check, zone: CacheZoneOptions | undefined): void {
  check.at("keys").matches(zone?.keys, ZONE_SIZE, "a size of memory", "10m");
  check.at("maxSize").matches(zone?.maxSize, SIZE, "a size", "32m");
  check.at("maxEntry").matches(zone?.maxEntry, SIZE, "a size", "1m");
  check.at("inactive").whole(zone?.inactive, 1);
  const { maxSize, maxEntry } = { ...CACHE_ZONE_DEFAULTS, ...zone };
  if (bytesOf(maxEntry) > bytesOf(maxSize)) {
    check.at("maxEntry").report(`${maxEntry} is above the ${maxSize} of all responses`, "give less than maxSize, or a larger maxSize");
  }
}

export function checkCache(check: Check, cache: RouteCacheOptions | CachePreset | undefined): void {
  if (typeof cache === "string") {
    check.oneOf(cache, CACHE_PRESETS);
    return;
  }
  check.at("seconds").whole(cache?.seconds, 1);
  check.at("notFoundSeconds").whole(cache?.notFoundSeconds, 1);
  check.at("version").matches(cache?.version, /^[A-Za-z0-9._-]+$/, "letters, digits, dots, hyphens", "2");
  checkCookies(check.at("bypassCookies"), cache?.bypassCookies);
}

/** What browsers and a CDN are told. */
export function checkCacheControl(check: Check, { cacheControl, cdn }: HeaderOptions): void {
  for (const key of ["hashed", "assets", "others"] as const) {
    check.at(`cacheControl.${key}`).matches(cacheControl?.[key], /^[A-Za-z0-9=, "-]+$/, "a Cache-Control value", "public, max-age=60");
  }
  if (!cdn) return;
  if ((cdn.seconds as number | undefined) === undefined)
    check.at("cdn.seconds").report("is missing", "give the seconds an answer is fresh");
  check.at("cdn.seconds").whole(cdn.seconds, 1);
  check.at("cdn.staleWhileRevalidate").whole(cdn.staleWhileRevalidate, 0);
  check.at("cdn.staleIfError").whole(cdn.staleIfError, 0);
  check.at("cdn.header").oneOf(cdn.header, CDN_HEADERS);
  checkCookies(check.at("cdn.bypassCookies"), cdn.bypassCookies);
}
