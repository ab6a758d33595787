import { variableOf } from "./names";
import type { CompressionOptions } from "./compression";
import { variantVariables, type ImageFormat } from "./variants";
import { block, directive, literal, type Argument, type Statement } from "./writer";

/**
 * Files the balancer answers with itself, found by what follows the route's path. There is no listing of folders, names that begin with
 * a dot are 404 (but `.well-known/`), and a symbolic link is not followed. Files have an ETag and Last-Modified, and parts of them can be
 * asked for.
 */
export interface FilesOptions {
  /** Folder in the container, without a slash at its end. @example "/srv/site" */
  root: string;
  /** File that answers for a folder. @default "index.html" */
  index?: string;
  /**
   * File below `root` that answers where there is none and the last part of the path has no dot, for apps with routes of their own in the
   * browser. A path with a dot stays 404: a missing script must not be answered with a page. @default none @example "index.html"
   */
  fallback?: string;
  /** Send `NAME.br` and `NAME.gz` where they stand beside a file and the client takes them. @default true */
  precompressed?: boolean;
}

/** A route of files, as far as this looks at it. */
export interface ServedRoute {
  name: string;
  path: string;
  files: FilesOptions;
  variants?: ImageFormat[];
}

const DEFAULTS = { index: "index.html", precompressed: true };

/** A name that is never there, because names with a dot at the beginning are refused. */
const NOTHING = ".none";

/** Media types of the web that Debian's list lacks. */
const MORE_TYPES: [string, string[]][] = [
  ["text/javascript", ["mjs"]],
  ["text/csv", ["csv"]],
  ["application/json", ["map"]],
  ["application/manifest+json", ["webmanifest"]],
  ["font/ttf", ["ttf"]],
  ["font/otf", ["otf"]],
];

/** Types and maps (http level). */
export function filesGlobals(routes: readonly ServedRoute[]): Statement[] {
  if (routes.length === 0) return [];
  return [
    block(
      "types",
      [],
      MORE_TYPES.map(([type, endings]) => directive(type, ...endings)),
    ),
    ...routes.flatMap((route) => {
      const { index = DEFAULTS.index, fallback } = route.files;
      const map = (what: string, ordinary: Argument, pattern: string, special: string) =>
        block("map", ["$uri", variableOf(what, route)], [directive("default", ordinary), directive(pattern, special)]);
      return [
        map("index", "", "~/$", index),
        // A folder without its slash is sent there, so that relative links work; with it, the index was looked for already.
        map("folder", "$uri", "~/$", NOTHING),
        ...(fallback ? [map("fallback", literal(`${route.path}${fallback}`), "~\\.[^/]*$", NOTHING)] : []),
      ];
    }),
  ];
}

/** How a location finds its file. @param resized whether for a hop that reads images: as they are, whatever the client takes */
export function files(route: ServedRoute, compression: CompressionOptions | undefined, resized = false): Statement[] {
  const { root, fallback, precompressed = DEFAULTS.precompressed } = route.files;
  const variants = resized ? [] : variantVariables(route).map((variant) => `$uri${variant}`);
  const packed = precompressed && !resized;
  return [
    directive("alias", `${root}/`),
    directive("autoindex", "off"),
    directive("disable_symlinks", "on", `from=${root}`),
    directive("charset", "utf-8"),
    directive("etag", "on"),
    ...(packed ? [directive("gzip_static", "on"), directive("gzip_vary", "on")] : []),
    // Where brotli is off, nginx may lack the module.
    ...(packed && compression?.brotli !== false ? [directive("brotli_static", "on")] : []),
    block("if", ["($uri", "~", "/\\.(?!well-known/))"], [directive("return", 404)]),
    directive(
      "try_files",
      ...variants,
      `$uri${variableOf("index", route)}`,
      `${variableOf("folder", route)}/`,
      ...(fallback && !resized ? [variableOf("fallback", route)] : []),
      "=404",
    ),
  ];
}
