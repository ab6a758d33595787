import { mergeOptions } from "../../../workload";
import { directive, onOff, type Statement } from "./writer";

/** Compression of responses. */
export interface CompressionOptions {
  /** @default level 5: most of the gain for about a third of the time of level 9 */
  gzip?: { level?: number } | false;
  /** Needs the brotli module. @default level 4: smaller than gzip 5 at about its cost */
  brotli?: { level?: number } | false;
  /** Bytes below which a response is left alone: it would fit one packet anyway. @default 1024 */
  minLength?: number;
  /** Media types besides text/html. @default text, JSON, JavaScript, XML, SVG, fonts without compression of their own, WebAssembly */
  types?: string[];
}

const TYPES = [
  "text/css",
  "text/plain",
  "text/csv",
  "text/xml",
  "text/javascript",
  "application/javascript",
  "application/json",
  "application/ld+json",
  "application/manifest+json",
  "application/problem+json",
  "application/xml",
  "application/rss+xml",
  "application/atom+xml",
  "application/wasm",
  "image/svg+xml",
  "font/ttf",
  "font/otf",
];

export const COMPRESSION_DEFAULTS = { gzip: { level: 5 }, brotli: { level: 4 }, minLength: 1024, types: TYPES };

/** Compression rules (http level). */
export function compression(options: CompressionOptions | undefined): Statement[] {
  const minLength = options?.minLength ?? COMPRESSION_DEFAULTS.minLength;
  const types = options?.types ?? COMPRESSION_DEFAULTS.types;
  const gzip = options?.gzip === false ? false : mergeOptions(COMPRESSION_DEFAULTS.gzip, options?.gzip);
  const brotli = options?.brotli === false ? false : mergeOptions(COMPRESSION_DEFAULTS.brotli, options?.brotli);
  return [
    // Brotli's answers say "Vary: Accept-Encoding" by this one too.
    directive("gzip_vary", onOff(gzip !== false || brotli !== false)),
    directive("gzip", onOff(gzip !== false)),
    ...(gzip
      ? [
          directive("gzip_comp_level", gzip.level),
          directive("gzip_min_length", minLength),
          directive("gzip_proxied", "any"),
          ...(types.length > 0 ? [directive("gzip_types", ...types)] : []),
        ]
      : []),
    ...(brotli
      ? [
          directive("brotli", "on"),
          directive("brotli_comp_level", brotli.level),
          directive("brotli_min_length", minLength),
          ...(types.length > 0 ? [directive("brotli_types", ...types)] : []),
        ]
      : []),
  ];
}
