import { mergeOptions } from "../../../workload";
import { bytesOf, cachePath } from "./caching";
import { partsOf, type Rate } from "./limits";
import { variableOf } from "./names";
import { RUNTIME_DIRECTORY, type NginxOptions, type Size } from "./options";
import { portSuffix, type SiteContext } from "./proxy";
import { keepWhatFits } from "./store";
import { block, directive, type Statement } from "./writer";

/**
 * Resizing of a route's JPEG, PNG, GIF (its first picture) and WebP images by query: `?width=640`, `?height=480`, `?quality=60`, or several
 * at once. nginx does not convert: a JPEG stays a JPEG. Only listed values can be asked for, anything else is 400, so nobody can
 * fill the store or keep the CPU busy with sizes of their own. A resized image is the same for everybody: it is made of what the upstream gives
 * to a request without cookies and without Authorization.
 */
export interface ImageOptions {
  /** Widths in pixels. An image is never enlarged. @default [320, 640, 960, 1280, 1920] */
  widths?: number[];
  /** Heights in pixels. @default none */
  heights?: number[];
  /** Qualities of JPEG and WebP, 1 to 100. @default none */
  qualities?: number[];
  /** Quality where none is asked for. @default 75 */
  quality?: number;
  /**
   * `inside`: the whole image fits into what is asked for; `cover`: it fills the width and height, which then are asked for together, and
   * what sticks out is cut off. @default "inside"
   */
  fit?: "inside" | "cover";
  /** Largest original in bytes; above it 415. It bounds the file, not its pixels: see the page on images. @default "8m" */
  maxOriginal?: Size;
  /** Seconds a resized image is kept when the upstream does not say; files: always. @default 86400 */
  seconds?: number;
  /**
   * Images resized at most, of this route; up to a second's worth wait their turn, then 429. Kept ones do not count. A photograph of two megapixels
   * costs some 50 ms of a CPU, so the default is half of one. @default "10r/s"
   */
  rate?: Rate;
  /** Goes into the key: change it and every image is made anew. @default "1" */
  version?: string;
}

/** The store of resized images, bounded as {@link CacheZoneOptions} is. */
export interface ImageZoneOptions {
  /** Memory for keys; 1m holds about 8000. @default "1m" */
  keys?: `${number}${"k" | "m"}`;
  /** Largest size of all images. @default "16m" */
  maxSize?: Size;
  /** Seconds after which an unused image goes. @default 86400 */
  inactive?: number;
}

export const IMAGE_DEFAULTS = {
  widths: [320, 640, 960, 1280, 1920],
  heights: [] as number[],
  qualities: [] as number[],
  quality: 75,
  fit: "inside" as "inside" | "cover",
  maxOriginal: "8m",
  seconds: 86_400,
  rate: "10r/s" as Rate,
  version: "1",
};

export const IMAGE_ZONE_DEFAULTS: Required<ImageZoneOptions> = { keys: "1m", maxSize: "16m", inactive: 86_400 };

/** The part of a route this looks at. */
export interface PictureRoute {
  name: string;
  path: string;
  match?: "prefix" | "exact";
  images?: ImageOptions;
}

/** Status by which a location hands a request for a size over. Never seen outside. */
const TO_RESIZE = 418;

/** Value of a variable where a request asks for what is not listed. */
const UNLISTED = "unlisted";

/** Where nothing is asked for, in nginx's image filter: as it comes. */
const ANY = "-";

/** Memory of a limit that has one key. */
const LIMIT_ZONE_SIZE = "32k";

/** Seconds for the original, second chances included, and the resizing. */
const HOP_SECONDS = 60;

/** Seconds for which a failed resizing is remembered. */
const FAILED_SECONDS = 10;

function optionsOf(route: PictureRoute) {
  return mergeOptions(IMAGE_DEFAULTS, route.images);
}

function socket(route: PictureRoute): string {
  return `unix:${RUNTIME_DIRECTORY}/images-${route.name}.sock`;
}

/** With an underscore, which no route has in its name. */
function upstreamName(route: PictureRoute): string {
  return `images_${route.name}`;
}

/** Requests that may wait: those of a second. */
function waiting(rate: Rate): number {
  const { requests, seconds } = partsOf(rate);
  return Math.max(1, Math.round(requests / seconds));
}

/** Store, limits and maps (http level). */
export function imageGlobals(options: NginxOptions, routes: readonly PictureRoute[]): Statement[] {
  const resized = routes.filter((route) => route.images);
  if (resized.length === 0) return [];
  const { keys, maxSize, inactive } = mergeOptions(IMAGE_ZONE_DEFAULTS, options.imageZone);
  return [
    cachePath("images", keys, maxSize, inactive),
    ...resized.flatMap((route) => {
      const { widths, heights, qualities, quality, rate, fit } = optionsOf(route);
      const listed = (what: string, values: readonly number[], nothing: string) =>
        block(
          "map",
          [`$arg_${what}`, variableOf(what, route)],
          [directive("default", UNLISTED), directive("", nothing), ...[...new Set(values)].map((value) => directive(String(value), value))],
        );
      return [
        directive("limit_req_zone", "all", `zone=images_${route.name}:${LIMIT_ZONE_SIZE}`, `rate=${rate}`),
        listed("width", widths, ANY),
        listed("height", heights, ANY),
        listed("quality", qualities, String(quality)),
        // Nothing where no size is asked for: that is a request like any other.
        block(
          "map",
          [
            `$request_method ${["width", "height", "quality"].map((what) => variableOf(what, route)).join(" ")}|$arg_quality`,
            variableOf("size", route),
          ],
          [
            directive("default", ["width", "height", "quality"].map((what) => variableOf(what, route)).join(" ")),
            directive(`~^(?!GET |HEAD )`, ""),
            directive(`~${UNLISTED}`, UNLISTED),
            directive(`~ ${ANY} ${ANY} [0-9]+\\|$`, ""),
            directive(fit === "cover" ? `~ ${ANY} ` : `~ ${ANY} ${ANY} `, UNLISTED),
          ],
        ),
        // Twice, so that a request to an upstream whose replicas have just changed begins once more.
        block(
          "upstream",
          [upstreamName(route)],
          [1, 2].map(() => directive("server", socket(route), "max_fails=0")),
        ),
      ];
    }),
  ];
}

function listedText({ widths, heights, qualities, fit }: ReturnType<typeof optionsOf>): string {
  const lists = Object.entries({ width: widths, height: heights, quality: qualities });
  const text = lists.map(([name, values]) => `${name}: ${values.length > 0 ? values.join(", ") : "none"}`).join("; ");
  return fit === "cover" ? `${text}; width and height together` : text;
}

/** What nginx writes itself is text, whatever the path ends with. */
export function plainText(type = "text/plain; charset=utf-8"): Statement[] {
  return [block("types", [], []), directive("default_type", type)];
}

/** Hands a request for a size over (in the route's location). */
export function chooseSize(route: PictureRoute): Statement[] {
  if (!route.images) return [];
  return [
    directive("error_page", TO_RESIZE, "=", `@images_${route.name}`),
    block("if", [`(${variableOf("size", route)})`], [directive("return", TO_RESIZE)]),
  ];
}

/**
 * The location that answers with a resized image out of the store, or has one made.
 * @param guard who may use the route, and how often: nginx has not looked yet when the request is handed over
 */
export function imageLocation(route: PictureRoute, context: SiteContext, guard: Statement[], headers: Statement[]): Statement[] {
  if (!route.images) return [];
  const options = optionsOf(route);
  const { seconds, version } = options;
  const argument = (what: string) => `${what}=${variableOf(what, route)}`;
  return [
    block(
      "location",
      [`@images_${route.name}`],
      [
        ...guard,
        ...headers,
        ...plainText(),
        block(
          "if",
          [`(${variableOf("size", route)}`, "=", `${UNLISTED})`],
          [directive("return", 400, `This size cannot be had. ${listedText(options)}.\n`)],
        ),
        // nginx sends the path on as it read it, escaped anew, with these arguments alone.
        directive("set", "$args", ["width", "height", "quality"].map(argument).join("&")),
        directive("proxy_pass_request_headers", "off"),
        directive("proxy_pass_request_body", "off"),
        directive("proxy_set_header", "Host", `$host${portSuffix(context.options, context.scheme)}`),
        directive("proxy_set_header", "X-Real-IP", "$remote_addr"),
        directive("proxy_set_header", "X-Request-Id", "$request_id"),
        directive("proxy_set_header", "Connection", ""),
        directive("proxy_read_timeout", `${HOP_SECONDS}s`),
        directive("proxy_next_upstream", "error", "timeout", "http_502", "http_504"),
        directive("proxy_next_upstream_tries", 2),
        directive("proxy_cache", "images"),
        directive("proxy_cache_key", `${version}|${route.name}|${context.scheme}://$host$uri|${variableOf("size", route)}`),
        directive("proxy_cache_valid", 200, `${seconds}s`),
        directive("proxy_cache_valid", 404, 415, `${FAILED_SECONDS}s`),
        directive("proxy_cache_lock", "on"),
        ...keepWhatFits(context.options, bytesOf(context.options.imageZone?.maxSize ?? IMAGE_ZONE_DEFAULTS.maxSize)),
        directive("proxy_cache_background_update", "on"),
        directive("proxy_cache_use_stale", "error", "timeout", "updating", "http_500", "http_502", "http_503", "http_504", "http_429"),
        // It was asked without cookies and without Accept, so it is nobody's own and the same for all.
        directive("proxy_ignore_headers", "Set-Cookie", "Vary"),
        ...["Set-Cookie", "Vary"].map((name) => directive("proxy_hide_header", name)),
        directive("add_header", "X-Cache", "$upstream_cache_status", "always"),
        directive("proxy_pass", `http://${upstreamName(route)}`),
      ],
    ),
  ];
}

/** Answers of the hop where there is no image to resize: status, what else ends so, text. */
const FAILURES: [number, number[], string][] = [
  [404, [301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410], "There is no such image.\n"],
  [415, [415], "Not an image that can be resized: JPEG, PNG, GIF and WebP can, up to a size.\n"],
  [429, [429], "Too many images are being resized; try again in a second.\n"],
  [502, [500, 502, 503, 504], "The image is not to be had at the moment.\n"],
];

/**
 * The hop that resizes: nginx keeps what comes from an upstream, not what a filter makes of it, so it has to be its own upstream.
 * Nobody else reaches its socket.
 * @param original how the original is got, at the route's path
 */
export function imageServer(route: PictureRoute, options: NginxOptions, original: Statement[]): Statement[] {
  if (!route.images) return [];
  const { fit, maxOriginal, rate } = optionsOf(route);
  return [
    block(
      "server",
      [],
      [
        directive("listen", socket(route)),
        // The request the client made is logged and counted already.
        directive("access_log", "off"),
        ...(options.metrics === false ? [] : [directive("log_by_lua", "return")]),
        directive("set_real_ip_from", "unix:"),
        directive("real_ip_header", "X-Real-IP"),
        directive("gzip", "off"),
        ...(options.compression?.brotli === false ? [] : [directive("brotli", "off")]),
        directive("set", "$route", route.name),
        block("location", route.match === "exact" ? ["=", route.path] : [route.path], [
          ...["width", "height", "quality"].map((what) => directive("set", `$image_${what}`, `$arg_${what}`)),
          directive("set", "$args", ""),
          directive("limit_req", `zone=images_${route.name}`, `burst=${waiting(rate)}`),
          directive("image_filter", fit === "cover" ? "crop" : "resize", "$image_width", "$image_height"),
          directive("image_filter_buffer", maxOriginal),
          directive("image_filter_jpeg_quality", "$image_quality"),
          directive("image_filter_webp_quality", "$image_quality"),
          // Shown coarse at first, then finer; and smaller than the other way above some 10 KB.
          directive("image_filter_interlace", "on"),
          directive("proxy_intercept_errors", "on"),
          // With its status, or the status line of an upstream that answered 200, but with no image, would stay.
          ...FAILURES.map(([status, ends]) => directive("error_page", ...ends, `=${status}`, `@failed_${status}`)),
          ...original,
        ]),
        ...FAILURES.map(([status, , text]) =>
          block(
            "location",
            [`@failed_${status}`],
            [
              ...plainText(),
              ...(status === 429 ? [directive("add_header", "Retry-After", 1, "always")] : []),
              directive("return", status, text),
            ],
          ),
        ),
      ],
    ),
  ];
}
