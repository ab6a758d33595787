import { callLua, inLua } from "./lua";
import type { MetricsOptions } from "./metrics";
import { CACHE_DIRECTORY, type Route } from "./options";
import { directive, type Statement } from "./writer";

/** Memory for what workers tell each other of the store: a few numbers. */
const ZONE_SIZE = "32k";

/** Set where an answer is not kept because there is no room for it. */
const STORE_FULL = "$store_full";

/** The part of the options this looks at. */
interface Watching {
  metrics?: MetricsOptions | false;
  routes: readonly Route[];
}

/** Whether somebody looks after the directory of the stores: wherever something is kept, and nginx has Lua. */
function isWatched({ metrics, routes }: Watching): boolean {
  const stores = (route: Route) => ("cache" in route && route.cache !== undefined) || ("images" in route && route.images !== undefined);
  return metrics !== false && routes.some(stores);
}

/** What workers tell each other of the store (http level). */
export function storeGlobals(options: Watching): Statement[] {
  return isWatched(options) ? [directive("lua_shared_dict", "store", ZONE_SIZE)] : [];
}

/** What a worker runs when it starts. */
export function watchStore(options: Watching): string[] {
  return isWatched(options) ? [callLua("testbro_store", "start", inLua(CACHE_DIRECTORY))] : [];
}

/**
 * Rules of a location that keeps answers: an answer is passed on without being kept when the directory has no room for it, which `nginx`
 * itself finds out too late.
 * @param largest bytes above which no answer is kept
 * @param otherwise variables for which an answer is not kept either
 */
export function keepWhatFits(options: Pick<Watching, "metrics">, largest: number, otherwise: readonly string[] = []): Statement[] {
  const watched = options.metrics !== false;
  const reasons = [...otherwise, ...(watched ? [STORE_FULL] : [])];
  return [
    ...(watched
      ? [directive("set", STORE_FULL, ""), directive("header_filter_by_lua", callLua("testbro_store", "check", String(largest)))]
      : []),
    ...(reasons.length > 0 ? [directive("proxy_no_cache", ...reasons)] : []),
  ];
}
