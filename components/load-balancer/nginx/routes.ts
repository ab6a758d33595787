import type { Problem, Ref, Volume } from "../../workload";
import type { BalancerFiles, BalancerRoute, RouteTarget, WorkloadTarget } from "./options";
import type { AccessOptions, FilesOptions, Route, Target } from "./render";

/** Stands for a hash that is not known yet, so that the rest of the options can be checked before anything is created. */
const UNKNOWN_HASH = "A".repeat(22);

/** Where the files that nginx.conf names are. */
export interface FileLayout {
  /** The n-th certificate. */
  certificate(index: number): string;
  /** Its key. */
  key(index: number): string;
  /** The users of a route. */
  users(route: string): string;
  /** nginx.conf itself. */
  configuration: string;
  /** What the prober is told. */
  prober: string;
}

/** Files mounted into the balancer itself. */
export const MOUNTED: FileLayout = {
  certificate: (index) => `/etc/nginx/tls/${index}.pem`,
  key: (index) => `/run/secrets/tls-${index}.key`,
  users: (route) => `/run/secrets/users-${route}`,
  configuration: "/etc/nginx/nginx.conf",
  prober: "/etc/nginx/prober.json",
};

/** Files of a version the image's entry point fetched; it puts the version's folder in for `/@bundle@/`. */
export const FETCHED: FileLayout = {
  certificate: (index) => `/@bundle@/tls-${index}.pem`,
  key: (index) => `/@bundle@/tls-${index}.key`,
  users: (route) => `/@bundle@/users-${route}`,
  configuration: "nginx.conf",
  prober: "prober.json",
};

function isRef(target: RouteTarget): target is Ref {
  return "fullName" in target;
}

function isWorkload(target: RouteTarget): target is WorkloadTarget {
  return "ref" in target;
}

/** The workload a target belongs to, if it is one of the platform. */
export function refOf(target: RouteTarget): Ref | undefined {
  return isRef(target) ? target : isWorkload(target) ? target.ref : undefined;
}

/** Name of the port a target means, where it is a workload's. */
export function portNameOf(target: RouteTarget): string {
  return (isWorkload(target) ? target.port : undefined) ?? "http";
}

/** A route's targets as a list; none for a route the balancer answers itself. */
export function routeTargets(route: BalancerRoute): RouteTarget[] {
  if (!("to" in route)) return [];
  return Array.isArray(route.to) ? route.to : [route.to];
}

/** A target as host and port; a port name the workload lacks becomes a problem. */
export function resolveTarget(path: string, target: RouteTarget, problems: Problem[]): Target {
  const named: WorkloadTarget | undefined = isRef(target) ? { ref: target } : isWorkload(target) ? target : undefined;
  if (!named) return target as Target;
  const name = portNameOf(target);
  const port = named.ref.ports[name];
  if (port === undefined) {
    const known = Object.keys(named.ref.ports).join(", ") || "none";
    problems.push({ path: `${path}.port`, message: `"${named.ref.name}" has no port "${name}" (${known})`, fix: "name one of its ports" });
  }
  return {
    host: named.ref.host,
    port: port ?? 1,
    ...(named.weight === undefined ? {} : { weight: named.weight }),
    ...(named.backup === undefined ? {} : { backup: named.backup }),
  };
}

const VOLUME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** Where a volume with files is mounted. */
function volumePath(volume: string): string {
  return `/srv/${volume}`;
}

function resolveFiles(path: string, files: BalancerFiles, problems: Problem[]): FilesOptions {
  if (!("volume" in files)) return files;
  const { volume, ...rest } = files;
  if (!VOLUME.test(volume)) {
    const message = `${JSON.stringify(volume)} is not a name of at most 32 lower-case letters, digits and hyphens`;
    problems.push({ path: `${path}.volume`, message, fix: "e.g. site" });
    return { ...rest, root: volumePath("site") };
  }
  return { ...rest, root: volumePath(volume) };
}

/** Volumes that routes take files from. */
export function fileVolumes(routes: readonly BalancerRoute[]): Volume[] {
  const names = routes.flatMap((route) => ("files" in route && "volume" in route.files ? [route.files.volume] : []));
  return [...new Set(names)].map((name) => ({ name, path: volumePath(name) }));
}

function resolveAccess(route: BalancerRoute, layout: FileLayout, hashes: ReadonlyMap<string, string>): AccessOptions | undefined {
  if (!route.access) return undefined;
  const { basicAuth, apiKeys, ...rest } = route.access;
  return {
    ...rest,
    ...(basicAuth
      ? { basicAuth: { ...(basicAuth.realm === undefined ? {} : { realm: basicAuth.realm }), file: layout.users(route.name) } }
      : {}),
    ...(apiKeys ? { apiKeys: apiKeys.map(({ id }) => ({ id, hash: hashes.get(hashKey(route.name, id)) ?? UNKNOWN_HASH })) } : {}),
  };
}

/** Key of an API key's hash in the map {@link resolveRoutes} takes. */
export function hashKey(route: string, id: string): string {
  return `${route}/${id}`;
}

/**
 * Routes as the renderer takes them.
 * @param hashes hashes of API keys as far as they are known, by {@link hashKey}
 * @param problems gets what is wrong with the references
 */
export function resolveRoutes(
  name: string,
  routes: readonly BalancerRoute[],
  layout: FileLayout,
  hashes: ReadonlyMap<string, string>,
  problems: Problem[] = [],
): Route[] {
  return routes.map((route, index) => {
    const access = resolveAccess(route, layout, hashes);
    const base = { ...route, access };
    const path = `${name}.routes[${index}]`;
    if ("files" in route) return { ...base, files: resolveFiles(`${path}.files`, route.files, problems) } as Route;
    if (!("to" in route)) return base as Route;
    const to = Array.isArray(route.to)
      ? route.to.map((target, position) => resolveTarget(`${path}.to[${position}]`, target, problems))
      : resolveTarget(`${path}.to`, route.to, problems);
    return { ...base, to } as Route;
  });
}
