import { mergeOptions } from "../../../workload";
import type { ProxyRoute, UpstreamTimeouts } from "./options";

/** Timeouts towards the upstream where a route says nothing, in seconds. */
export const TIMEOUT_DEFAULTS: Required<UpstreamTimeouts> = { connect: 1, send: 10, read: 30 };

/** Seconds a WebSocket may be silent. */
const WEBSOCKET_READ_SECONDS = 3600;

/** A route's timeouts towards its upstream, in seconds. */
export function timeoutsOf(route: ProxyRoute): Required<UpstreamTimeouts> {
  return mergeOptions(route.websocket ? { ...TIMEOUT_DEFAULTS, read: WEBSOCKET_READ_SECONDS } : TIMEOUT_DEFAULTS, route.timeouts);
}
