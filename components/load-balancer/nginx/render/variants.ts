import { escapeRegex, variableOf } from "./names";
import { block, directive, type Statement } from "./writer";

/** Formats an image may also be there in. */
export const IMAGE_FORMATS = ["avif", "webp"] as const;

export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** The part of a route this looks at. */
export interface VariedRoute {
  name: string;
  variants?: ImageFormat[];
}

/** Images that may have variants beside them. */
const IMAGE = "\\.(?:jpe?g|png|gif)";

/** Ending of an image's variant, as it is added to the image's own name. */
export const VARIANT_ENDING = `\\.(?:${IMAGE_FORMATS.join("|")})`;

/**
 * Whether a format is named in Accept and not refused by `q=0` (RFC 9110, 12.5.1). `image/*` does not count: browsers that know neither
 * format send it too.
 */
function accepts(format: ImageFormat): string {
  return `~*(?:^|,)\\s*image/${format}\\s*(?!;\\s*q=0(?:\\.0{0,3})?\\s*(?:,|$))(?:[,;]|$)`;
}

/**
 * The n-th name to try: `.avif`, `.webp` or nothing. The first is the format this client likes best, the next leaves that one out.
 * Nothing where the request is not for an image.
 */
export function variantVariable(route: VariedRoute, position: number): string {
  return variableOf(`variant_${position}`, route);
}

/** Variables of all formats, best first. */
export function variantVariables(route: VariedRoute): string[] {
  return (route.variants ?? []).map((_, index) => variantVariable(route, index));
}

/** Maps that choose a format by Accept (http level). */
export function variantGlobals(routes: readonly VariedRoute[]): Statement[] {
  return routes.flatMap((route) => {
    const formats = route.variants ?? [];
    if (formats.length === 0) return [];
    return [
      ...formats.flatMap((_, index) => [
        block(
          "map",
          ["$http_accept", variableOf(`accepted_${index}`, route)],
          [directive("default", ""), ...formats.slice(index).map((format) => directive(accepts(format), `.${format}`))],
        ),
        block(
          "map",
          ["$request_method $uri", variantVariable(route, index)],
          [directive("default", ""), directive(`~*^(?:GET|HEAD) .*${IMAGE}$`, variableOf(`accepted_${index}`, route))],
        ),
      ]),
      // Of whatever was chosen: the answer would have been another for another client.
      block(
        "map",
        ["$uri", variableOf("vary", route)],
        [directive("default", ""), directive(`~*${IMAGE}(?:${VARIANT_ENDING})?$`, "Accept")],
      ),
    ];
  });
}

/** Vary of a location. */
export function variantHeaders(route: VariedRoute): Statement[] {
  return route.variants?.length ? [directive("add_header", "Vary", variableOf("vary", route))] : [];
}

/** Status by which a location hands an image over to the location that asks for its variant. Never seen outside. */
const TO_VARIANT = 419;

/** What the upstream may answer where it has no such variant, or cannot give it now. */
const NO_VARIANT = [403, 404, 410, 500, 502, 503, 504];

/** Hands an image that is to be sent in another format over (in the location of a route with an upstream). */
export function chooseVariant(route: VariedRoute): Statement[] {
  if (!route.variants?.length) return [];
  return [
    // Or the location that is handed the image could not hand it back.
    directive("recursive_error_pages", "on"),
    directive("error_page", TO_VARIANT, "=", `@variant_${route.name}`),
    block("if", [`(${variantVariable(route, 0)})`], [directive("return", TO_VARIANT)]),
  ];
}

/**
 * The locations that ask the upstream for an image's variant and, where that is not to be had, for the image.
 * @param guard who may use the route, and how often: nginx has not looked yet when the request is handed over
 * @param ask how the upstream is asked, with a `proxy_pass` without path and perhaps an addition to the cache's key
 */
export function variantLocations(
  route: VariedRoute & { path: string; stripPath?: boolean },
  guard: Statement[],
  ask: (cacheKey?: string) => Statement[],
): Statement[] {
  if (!route.variants?.length) return [];
  const prefix = route.stripPath ? escapeRegex(route.path) : "";
  return [
    block(
      "location",
      [`@variant_${route.name}`],
      [
        ...guard,
        directive("recursive_error_pages", "on"),
        directive("proxy_intercept_errors", "on"),
        directive("error_page", ...NO_VARIANT, "=", `@original_${route.name}`),
        directive("rewrite", `^${prefix}(.*)$`, `${route.stripPath ? "/" : ""}$1${variantVariable(route, 0)}`, "break"),
        ...ask(variantVariable(route, 0)),
      ],
    ),
    block(
      "location",
      [`@original_${route.name}`],
      // A refusal of the guard's comes here too, and has to stay one.
      [...guard, directive("rewrite", `^(.*)${VARIANT_ENDING}$`, "$1", "break"), ...ask()],
    ),
  ];
}
