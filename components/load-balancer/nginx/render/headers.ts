import { mergeOptions } from "../../../workload";
import type { CacheControlOptions, CdnOptions } from "./cache-control";
import { directive, literal, type Statement } from "./writer";

/** Headers of responses. A route's options are laid over the balancer's. */
export interface HeaderOptions {
  /** Content-Security-Policy; `"upstream"`: the app sends its own (nonces); `false`: none. @default self only, see {@link DEFAULT_CSP} */
  csp?: string | false;
  /** Referrer-Policy. @default "strict-origin-when-cross-origin" */
  referrerPolicy?: string | false;
  /** Permissions-Policy. @default camera, microphone, geolocation, payment and usb off */
  permissionsPolicy?: string | false;
  /** X-Frame-Options, for browsers that do not know frame-ancestors. @default "DENY" */
  frameOptions?: "DENY" | "SAMEORIGIN" | false;
  /** Cross-Origin-Opener-Policy. @default "same-origin" */
  openerPolicy?: string | false;
  /** More headers, set on every response, errors included. @default {} */
  set?: Record<string, string>;
  /** Headers of the upstream that clients do not get. @default ["Server", "X-Powered-By"] */
  hide?: string[];
  /** Cache-Control of good answers whose upstream sends none. @default none */
  cacheControl?: CacheControlOptions;
  /** What a CDN in front is told. @default nothing */
  cdn?: CdnOptions | false;
}

/** Only what comes from the site itself, and never in a frame. */
export const DEFAULT_CSP =
  "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; img-src 'self' data:";

/** What a route sends when nothing is said (names and values follow the OWASP Secure Headers Project). */
export const HEADER_DEFAULTS = {
  csp: DEFAULT_CSP as string | false,
  referrerPolicy: "strict-origin-when-cross-origin" as string | false,
  permissionsPolicy: "camera=(), geolocation=(), microphone=(), payment=(), usb=()" as string | false,
  frameOptions: "DENY" as "DENY" | "SAMEORIGIN" | false,
  openerPolicy: "same-origin" as string | false,
  set: {} as Record<string, string>,
  hide: ["Server", "X-Powered-By"],
};

/** Value of `csp` that leaves the policy to the app. */
export const UPSTREAM_CSP = "upstream";

/** A route's header options, the balancer's and the defaults below them. */
export function headersOf(shared: HeaderOptions | undefined, route: HeaderOptions | undefined) {
  return mergeOptions(mergeOptions(HEADER_DEFAULTS as typeof HEADER_DEFAULTS & HeaderOptions, shared), route);
}

/** Headers by name, in the order they are sent. */
function values(options: ReturnType<typeof headersOf>, hsts: string | undefined): [string, string][] {
  const csp = options.csp === UPSTREAM_CSP ? false : options.csp;
  const all: [string, string | false | undefined][] = [
    ["Strict-Transport-Security", hsts],
    ["X-Content-Type-Options", "nosniff"],
    ["Content-Security-Policy", csp],
    ["Referrer-Policy", options.referrerPolicy],
    ["Permissions-Policy", options.permissionsPolicy],
    ["X-Frame-Options", options.frameOptions],
    ["Cross-Origin-Opener-Policy", options.openerPolicy],
    ...Object.entries(options.set),
  ];
  return all.filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "");
}

/** Response headers of a location. All stand in every location, because one `add_header` there would drop those above. */
export function responseHeaders(
  shared: HeaderOptions | undefined,
  route: HeaderOptions | undefined,
  hsts: string | undefined,
): Statement[] {
  return values(headersOf(shared, route), hsts).map(([name, value]) => directive("add_header", name, literal(value), "always"));
}

/** Keeps back the upstream's version of every header set here, so that none is there twice. */
export function hiddenHeaders(shared: HeaderOptions | undefined, route: HeaderOptions | undefined, hsts: string | undefined): Statement[] {
  const options = headersOf(shared, route);
  const names = [...options.hide, ...values(options, hsts).map(([name]) => name)];
  return [...new Set(names)].map((name) => directive("proxy_hide_header", name));
}
