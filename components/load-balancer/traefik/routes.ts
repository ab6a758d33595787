import type { Problem, Ref } from "../../workload";
import type { Target, WorkloadTarget } from "../nginx";
import type { Discovered } from "./discovered";
import type { TraefikBalancerAccess, TraefikBalancerRoute, TraefikRouteTarget } from "./options";
import type { TraefikAccess, TraefikProxyRoute, TraefikRoute, TraefikTarget } from "./render";

/** Stands for a hash that is not known yet, so that the rest of the options can be checked before anything is created. */
const UNKNOWN_HASH = "unknown";

/** An API key is known to the service that judges; the configuration only has to know that there are some. */
const JUDGED_ELSEWHERE = "A".repeat(22);

/** What routes need to become the renderer's. */
export interface Resolving {
  discovered: Discovered | undefined;
  /** Password hashes by {@link userKey}, as far as they are known. */
  hashes?: ReadonlyMap<string, string>;
  /** Gets what is wrong with the references. */
  problems: Problem[];
}

function isRef(target: TraefikRouteTarget): target is Ref {
  return "fullName" in target;
}

function isWorkload(target: TraefikRouteTarget): target is WorkloadTarget {
  return "ref" in target;
}

/** The workload a target belongs to, if it is one of the platform. */
export function workloadOf(target: TraefikRouteTarget): Ref | undefined {
  return isRef(target) ? target : isWorkload(target) ? target.ref : undefined;
}

/** Name of the port a target means, where it is a workload's. */
export function portNameOf(target: TraefikRouteTarget): string {
  return (isWorkload(target) ? target.port : undefined) ?? "http";
}

/** A route's targets as a list, its mirror included; none for a route the balancer answers itself. */
export function routeTargets(route: TraefikBalancerRoute): TraefikRouteTarget[] {
  if (!("to" in route)) return [];
  return [...(Array.isArray(route.to) ? route.to : [route.to]), ...(route.mirror ? [route.mirror.to] : [])];
}

/** A target as the renderer takes it; a port name the workload lacks becomes a problem. */
function resolveTarget(path: string, target: TraefikRouteTarget, { discovered, problems }: Resolving): TraefikTarget {
  const ref = workloadOf(target);
  if (!ref) return target as Target;
  const name = portNameOf(target);
  const port = ref.ports[name];
  if (port === undefined) {
    const known = Object.keys(ref.ports).join(", ") || "none";
    problems.push({ path: `${path}.port`, message: `"${ref.name}" has no port "${name}" (${known})`, fix: "name one of its ports" });
  }
  const { weight, backup } = isWorkload(target) ? target : {};
  const rest = { port: port ?? 1, ...(weight === undefined ? {} : { weight }), ...(backup === undefined ? {} : { backup }) };
  return discovered?.names.has(ref.fullName) ? { discovered: ref.fullName, ...rest } : { host: ref.host, ...rest };
}

/** Key of a user's password hash. */
export function userKey(guard: string, user: string): string {
  return `${guard}/${user}`;
}

/** @param guard name of the route, or of what else has access rules */
export function resolveAccess(guard: string, access: TraefikBalancerAccess, { hashes }: Resolving): TraefikAccess {
  const { basicAuth, apiKeys, ...rest } = access;
  const users = Object.keys(basicAuth?.users ?? {}).map((user) => `${user}:${hashes?.get(userKey(guard, user)) ?? UNKNOWN_HASH}`);
  return {
    ...rest,
    ...(basicAuth ? { basicAuth: { ...(basicAuth.realm === undefined ? {} : { realm: basicAuth.realm }), users } } : {}),
    ...(apiKeys ? { apiKeys: apiKeys.map(({ id }) => ({ id, hash: JUDGED_ELSEWHERE })) } : {}),
  };
}

/** Routes as the renderer takes them. */
export function resolveRoutes(name: string, routes: readonly TraefikBalancerRoute[], resolving: Resolving): TraefikRoute[] {
  return routes.map((route, index) => {
    const { access, ...rest } = route;
    const base = { ...rest, ...(access ? { access: resolveAccess(route.name, access, resolving) } : {}) };
    if (!("to" in route)) return base as TraefikRoute;
    const path = `${name}.routes[${index}]`;
    const to = Array.isArray(route.to)
      ? route.to.map((target, position) => resolveTarget(`${path}.to[${position}]`, target, resolving))
      : resolveTarget(`${path}.to`, route.to, resolving);
    const mirror = route.mirror && { ...route.mirror, to: resolveTarget(`${path}.mirror.to`, route.mirror.to, resolving) };
    return { ...base, to, ...(mirror ? { mirror } : {}) } as TraefikProxyRoute;
  });
}
