import { personal } from "./caching";
import { headersOf, type HeaderOptions } from "./headers";
import { variableOf } from "./names";
import { block, directive, type Statement } from "./writer";

/** What a route tells browsers of how long its good answers may be kept, where its upstream says nothing. */
export interface CacheControlOptions {
  /**
   * For assets with a hash of their content in the name (`app.4f3a9c1b.js`, `index-BkzS3x2a.css`), in whatever folder.
   * @default what `assets` says @example "public, max-age=31536000, immutable"
   */
  hashed?: string;
  /** For styles, scripts, images and fonts. @default what `others` says */
  assets?: string;
  /** For everything else. @default none */
  others?: string;
}

/**
 * How long a CDN in front may keep good answers, whatever browsers are told. Said only of what is nobody's own: not where the upstream
 * sets a cookie or says itself what may be kept, not to a request with credentials or cookies, and not on a route with `access`.
 */
export interface CdnOptions {
  /** Seconds an answer is fresh. */
  seconds: number;
  /** Further seconds it may be served while the CDN fetches a new one. @default 0 */
  staleWhileRevalidate?: number;
  /** Further seconds it may be served while the balancer cannot be reached. @default 0 */
  staleIfError?: number;
  /** Who is meant: every CDN that knows RFC 9213, Cloudflare alone, or the older header of Fastly and Akamai. @default "CDN-Cache-Control" */
  header?: CdnHeader;
  /** Cookies of users whose answers no CDN may keep. @default any cookie */
  bypassCookies?: string[];
}

export const CDN_HEADERS = ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control"] as const;

export type CdnHeader = (typeof CDN_HEADERS)[number];

/** The part of a route this looks at. */
export interface KeptRoute {
  name: string;
  headers?: HeaderOptions;
  access?: object;
  strategy?: string;
}

/** Names of what a page is made of; a source map or another format of an image belongs to the file it stands beside. */
const ASSET = "\\.(?:css|js|mjs|woff2?|png|jpe?g|gif|svg|webp|avif|ico|wasm)(?:\\.(?:map|avif|webp))?$";

/**
 * A hash in a name: eight or more hexadecimal digits with a decimal one among them (webpack, esbuild, Rails), or just eight characters
 * with a digit and a capital among them (Vite, Rollup). A hash that by chance has neither passes for a word and is kept for less long.
 */
const HASH = "[.-](?:(?=[a-f]*[0-9])[0-9a-f]{8,64}|(?=[^.]*[0-9])(?=[^.]*[A-Z])[A-Za-z0-9_-]{8})";

/** Statuses whose answers may be kept. */
const GOOD = "(?:200|206|301|304|308)";

function cacheControlOf(shared: HeaderOptions | undefined, route: KeptRoute): CacheControlOptions | undefined {
  const control = headersOf(shared, route.headers).cacheControl;
  return control && Object.values(control).some((value) => value !== undefined) ? control : undefined;
}

function cdnOf(shared: HeaderOptions | undefined, route: KeptRoute): CdnOptions | undefined {
  const cdn = headersOf(shared, route.headers).cdn;
  // A sticky cookie is nginx's own, so no variable of the upstream's answer tells that it is there.
  return cdn === false || route.access || route.strategy === "sticky-cookie" ? undefined : cdn;
}

function cdnValue({ seconds, staleWhileRevalidate, staleIfError }: CdnOptions): string {
  const parts = [
    `max-age=${seconds}`,
    ...(staleWhileRevalidate ? [`stale-while-revalidate=${staleWhileRevalidate}`] : []),
    ...(staleIfError ? [`stale-if-error=${staleIfError}`] : []),
  ];
  return parts.join(", ");
}

function browserMaps(route: KeptRoute, { hashed, assets, others }: CacheControlOptions): Statement[] {
  return [
    block(
      "map",
      ["$uri", variableOf("own_cache_control", route)],
      [
        directive("default", others ?? ""),
        ...(hashed ? [directive(`~${HASH}${ASSET}`, hashed)] : []),
        ...(assets ? [directive(`~*${ASSET}`, assets)] : []),
      ],
    ),
    // Only a good answer that says nothing itself gets ours: an error must not stay in browsers for a year.
    block(
      "map",
      ["$status|$upstream_http_cache_control", variableOf("cache_control", route)],
      [directive("default", ""), directive(`~^${GOOD}\\|$`, variableOf("own_cache_control", route))],
    ),
  ];
}

function cdnMap(route: KeptRoute, cdn: CdnOptions): Statement {
  const upstream = ["cache_control", cdn.header ?? CDN_HEADERS[0], "set_cookie", "expires"].map(
    (name) => `$upstream_http_${name.toLowerCase().replaceAll("-", "_")}`,
  );
  return block(
    "map",
    [`$status|${[...upstream, ...personal(cdn.bypassCookies)].join("")}`, variableOf("cdn_cache_control", route)],
    [directive("default", ""), directive(`~^${GOOD}\\|$`, cdnValue(cdn))],
  );
}

/** Maps that tell what is said of an answer (http level). */
export function cacheControlGlobals(shared: HeaderOptions | undefined, routes: readonly KeptRoute[]): Statement[] {
  return routes.flatMap((route) => {
    const control = cacheControlOf(shared, route);
    const cdn = cdnOf(shared, route);
    return [...(control ? browserMaps(route, control) : []), ...(cdn ? [cdnMap(route, cdn)] : [])];
  });
}

/** Cache-Control and the CDN's header of a location. */
export function cacheControlHeaders(shared: HeaderOptions | undefined, route: KeptRoute): Statement[] {
  const cdn = cdnOf(shared, route);
  return [
    ...(cacheControlOf(shared, route) ? [directive("add_header", "Cache-Control", variableOf("cache_control", route))] : []),
    ...(cdn ? [directive("add_header", cdn.header ?? CDN_HEADERS[0], variableOf("cdn_cache_control", route))] : []),
  ];
}
