import { bytesOf } from "./caching";
import { DEFAULT_BODY_SIZE } from "./core";
import { CLIENT } from "./limits";
import { isProxy, type NginxOptions, type ProxyRoute, type Route, type Size } from "./options";
import { block, directive, type Statement } from "./writer";

const BODY_SPACE: Size = "64m";

/** Part of the space for bodies that one client may have. */
const SHARE = 1 / 2;

/** Whom a request with a body that may be large counts for; empty for all others. */
const OWNER = "$body_owner";

/** The same for a request that does not announce a length, by `Transfer-Encoding` and by method. */
const CHUNKED = "$body_owner_chunked";
const UNANNOUNCED = "$body_owner_unannounced";

/** Methods whose requests usually have no body. */
const WITHOUT_BODY = ["GET", "HEAD", "OPTIONS", "DELETE"];

/** Memory of the zone: 8000 clients that send a body at this moment. */
const ZONE_SIZE = "1m";

/** Bytes for the bodies of all clients. */
export function bodySpaceOf({ bodySpace = BODY_SPACE }: Pick<NginxOptions, "bodySpace">): number {
  return bytesOf(bodySpace);
}

/** Bytes that the bodies of one client may take up. */
export function bodyShareOf(options: Pick<NginxOptions, "bodySpace">): number {
  return bodySpaceOf(options) * SHARE;
}

/** Whether bodies of a route are taken in whole before they are passed on. */
export function takesBodiesIn(route: Route): route is ProxyRoute {
  return isProxy(route) && route.buffering?.request !== false;
}

/** Largest body of a route, in bytes. */
export function largestBodyOf(route: Route): number {
  return bytesOf(route.maxBodySize ?? DEFAULT_BODY_SIZE);
}

/**
 * Who is counted for a body (http level). A request says its body's length before nginx reads it, or that it comes in chunks; with HTTP/2 it
 * may do neither, and is then counted by its method.
 */
export function bodyGlobals({ routes }: NginxOptions): Statement[] {
  if (!routes.some(takesBodiesIn)) return [];
  return [
    block("map", ["$request_method", UNANNOUNCED], [directive("default", CLIENT), ...WITHOUT_BODY.map((method) => directive(method, ""))]),
    block("map", ["$http_transfer_encoding", CHUNKED], [directive("default", CLIENT), directive("", UNANNOUNCED)]),
    block(
      "map",
      ["$content_length", OWNER],
      // Below 60,000 bytes it fits into the buffer.
      [directive("default", CLIENT), directive("", CHUNKED), directive("~^([0-9]{1,4}|[1-5][0-9]{4})$", "")],
    ),
    directive("limit_conn_zone", OWNER, `zone=bodies_per_client:${ZONE_SIZE}`),
  ];
}

/** How many large bodies one client may have under way on a route: as many as fit in its share, whatever the client announces. */
export function bodyLimit(route: Route, options: NginxOptions): Statement[] {
  if (!takesBodiesIn(route)) return [];
  return [directive("limit_conn", "bodies_per_client", Math.max(1, Math.floor(bodyShareOf(options) / largestBodyOf(route))))];
}
