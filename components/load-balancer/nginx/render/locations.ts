import { accessLocations, routeAccess } from "./access";
import { bodyLimit } from "./bodies";
import { files } from "./files";
import { chooseSize, imageLocation, imageServer, plainText } from "./images";
import { routeLimits } from "./limits";
import { statusPage } from "./metrics";
import { isFiles, isProxy, type FilesRoute, type ProxyRoute, type Route } from "./options";
import { answerHeaders, proxy, type SiteContext } from "./proxy";
import { anewLocation, onNewAddresses } from "./retry";
import { chooseVariant, variantLocations } from "./variants";
import { from, fromRoute } from "./origins";
import { block, directive, literal, type Statement } from "./writer";

function answer(route: Route, context: SiteContext): Statement[] {
  if (isProxy(route)) return proxy(route, context);
  if ("page" in route) return statusPage();
  if (isFiles(route)) return files(route, context.options.compression);
  if ("redirect" in route) return [directive("return", route.redirect.status ?? 302, literal(route.redirect.to))];
  const { status, body, contentType } = route.respond;
  return [
    ...(body === undefined ? [] : plainText(contentType)),
    directive("return", status, ...(body === undefined ? [] : [literal(body)])),
  ];
}

/** Who may use a route, and how often; in every location in which a request may stand when nginx looks. */
function guard(route: Route, { options }: SiteContext): Statement[] {
  return [
    ...(route.maxBodySize ? [directive("client_max_body_size", route.maxBodySize)] : []),
    ...routeLimits(options.limits, route),
    ...from("bodySpace", bodyLimit(route, options)),
    ...from("access", routeAccess(route)),
  ];
}

function hasImages(route: Route): route is ProxyRoute | FilesRoute {
  return isProxy(route) || isFiles(route);
}

/** The server that resizes a route's images, if it does. */
export function hop(route: Route, context: SiteContext): Statement[] {
  if (!hasImages(route)) return [];
  if (isFiles(route)) return imageServer(route, context.options, files(route, context.options.compression, true));
  return imageServer(route, context.options, proxy(route, context, { requestId: "$http_x_request_id", cached: false }));
}

/** The location of a route, and the internal ones it needs. */
export function locations(route: Route, context: SiteContext): Statement[] {
  const { options } = context;
  const headers = () => from("headers", answerHeaders(route, context));
  const ask = (cacheKey?: string) =>
    isProxy(route) ? [...headers(), ...proxy(route, context, { named: true, ...(cacheKey ? { cacheKey } : {}) })] : [];
  return fromRoute(options.routes, route, [
    block("location", route.match === "exact" ? ["=", route.path] : [route.path], [
      directive("set", "$route", route.name),
      ...guard(route, context),
      ...headers(),
      ...(hasImages(route) ? chooseSize(route) : []),
      ...(isProxy(route) ? [...chooseVariant(route), ...onNewAddresses(route)] : []),
      ...answer(route, context),
    ]),
    ...(hasImages(route) ? from("images", imageLocation(route, context, guard(route, context), headers())) : []),
    ...(isProxy(route) ? [...variantLocations(route, guard(route, context), ask), ...anewLocation(route, () => ask())] : []),
    ...from("access", accessLocations(route)),
  ]);
}
