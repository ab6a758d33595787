import { describeProblems, type Problem, type Ref } from "../../workload";
import type { Platform } from "../../platform";
import { isProxyRoute, type TraefikOptions } from "./render";
import { discoveryLabels } from "./render/labels";
import { routeServices, schemeOf } from "./render/services";
import type { TraefikBalancerRoute } from "./options";
import { resolveRoutes, routeTargets, workloadOf } from "./routes";

/** Workloads whose replicas Traefik finds by itself. */
export class Discovered {
  /** @param names full names of the workloads */
  constructor(readonly names: ReadonlySet<string>) {}
}

/** Provider that brings the dynamic configuration; labels name parts of it. */
const PROVIDER = "http";

/**
 * Labels the workloads that some routes lead to, before they run, where the platform finds replicas by labels. The labels say how Traefik chooses among the replicas, so they are those of
 * the routes' strategies, health checks and so on.
 * @param secure whether clients come over HTTPS
 * @throws Error where a route names a port that a workload lacks
 */
export function discover(platform: Platform, routes: readonly TraefikBalancerRoute[], secure: boolean): Discovered {
  const refs = routes.flatMap(routeTargets).map(workloadOf);
  const workloads = new Map(refs.filter((ref) => ref !== undefined).map((ref): [string, Ref] => [ref.fullName, ref]));
  const discovered = new Discovered(new Set(workloads.keys()));
  const problems: Problem[] = [];
  const resolved = resolveRoutes("routes", routes, { discovered, problems });
  if (problems.length > 0) throw new Error(describeProblems(problems));
  // The platform knows the replicas of every workload by itself.
  if (platform.replicasBy === "endpoints") return discovered;
  const options: TraefikOptions = { routes: resolved, tls: secure ? { certificates: [] } : false };
  const services = resolved
    .filter(isProxyRoute)
    .flatMap((route) => routeServices(options, route, PROVIDER).discovered.map((each) => ({ ...each, scheme: schemeOf(route) })));
  for (const [name, labels] of Object.entries(discoveryLabels(services))) {
    const ref = workloads.get(name);
    if (ref) platform.label(ref, labels);
  }
  return discovered;
}
