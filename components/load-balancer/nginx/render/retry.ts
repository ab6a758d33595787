import { isIP } from "node:net";
import { mergeOptions } from "../../../workload";
import { RETRY_SECONDS, retrySecondsAfter } from "../../retry-time";
import { escapeRegex } from "./names";
import { isProxy, targetsOf, type ProxyRoute, type Route } from "./options";
import { timeoutsOf } from "./timeouts";
import { block, directive, type Statement } from "./writer";

const RETRY_DEFAULTS = { tries: 3, on: ["error", "timeout", "http_502", "http_503"] };

/** Seconds within which another attempt may start. A WebSocket's hour of allowed silence is no patience with a replica. */
function retrySeconds(route: ProxyRoute): number {
  return route.websocket ? RETRY_SECONDS : retrySecondsAfter(timeoutsOf(route).read);
}

/** Whether a request may begin again. */
const ANEW_VARIABLE = "$anew";

/** The status that a request which may not begin again ends with; empty for the others. */
const FINAL_VARIABLE = "$final_status";

/** Methods that nginx itself does not send twice (proxy_next_upstream without `non_idempotent`). */
const NOT_IDEMPOTENT = "(?:POST|LOCK|PATCH)";

/** Of `METHOD $upstream_bytes_sent|$upstream_addr`: a replica was tried, and nothing was sent because no connection came about. */
const NOTHING_SENT = "~^[A-Z]+ [-0, :]*\\|.*:";

/** Of the same: after an attempt no other replica was found, so nginx wrote the upstream's name at the end. */
const NONE_FOUND = `~^(?!${NOT_IDEMPOTENT} )[^|]*\\|.*, [^:, ]+$`;

/** The next replica after a failed one. */
export function retry(route: ProxyRoute): Statement[] {
  if (route.retry === false) return [directive("proxy_next_upstream", "off")];
  const { tries, timeout, on } = mergeOptions({ ...RETRY_DEFAULTS, timeout: retrySeconds(route) }, route.retry);
  return [
    // Without "non_idempotent" nginx sends a POST, LOCK or PATCH elsewhere only if nothing of it was sent.
    directive("proxy_next_upstream", ...on),
    directive("proxy_next_upstream_tries", tries),
    directive("proxy_next_upstream_timeout", `${timeout}s`),
  ];
}

/**
 * Whether a route's requests can begin again. nginx gives a request up whose replicas' addresses changed while it waited for one of
 * them (502 "no live upstreams", or 504 when one replica is left), though others serve: just what happens to a connection that hangs
 * because its replica has gone.
 */
function beginsAnew(route: ProxyRoute): boolean {
  return route.retry !== false && route.buffering?.request !== false && targetsOf(route).some(({ host }) => isIP(host) === 0);
}

const nameOf = (route: ProxyRoute) => `@anew_${route.name}`;

/** What tells the requests that may begin again (http level): idempotent ones, and those of which nothing was sent. */
export function retryGlobals(routes: readonly Route[]): Statement[] {
  if (!routes.some((route) => isProxy(route) && beginsAnew(route))) return [];
  return [
    block(
      "map",
      ["$request_method $upstream_bytes_sent|$upstream_addr", ANEW_VARIABLE],
      [directive("default", ""), directive(NOTHING_SENT, "1"), directive(NONE_FOUND, "1")],
    ),
    block(
      "map",
      [`${ANEW_VARIABLE} $upstream_status`, FINAL_VARIABLE],
      [directive("default", "502"), directive("~^1 ", ""), directive("~504$", "504")],
    ),
  ];
}

/** Sends nginx's own 502 and 504 of a route to the location that begins again. */
export function onNewAddresses(route: ProxyRoute): Statement[] {
  return beginsAnew(route) ? [directive("error_page", 502, 504, "=", nameOf(route))] : [];
}

/**
 * The location that begins again, once: what it answers is final.
 * @param statements what it does like the route's own location, with a `proxy_pass` without path
 */
export function anewLocation(route: ProxyRoute, statements: () => Statement[]): Statement[] {
  if (!beginsAnew(route)) return [];
  return [
    block(
      "location",
      [nameOf(route)],
      [
        ...[502, 504].map((status) => block("if", [`(${FINAL_VARIABLE}`, "=", `${String(status)})`], [directive("return", status)])),
        ...(route.stripPath ? [directive("rewrite", `^${escapeRegex(route.path)}(.*)$`, "/$1", "break")] : []),
        ...statements(),
      ],
    ),
  ];
}
