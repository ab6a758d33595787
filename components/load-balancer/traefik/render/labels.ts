import type { DiscoveredService } from "./services";

/** A settings object as labels: one for each leaf, named by its path in lower case. */
function flatten(prefix: string, value: object): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, string][] => {
    const path = `${prefix}.${key.toLowerCase()}`;
    return typeof inner === "object" && inner !== null ? flatten(path, inner) : [[path, String(inner)]];
  });
}

/**
 * Labels by which Traefik finds the replicas of each discovered workload, by the workload's full name. They say how to choose among
 * the replicas and nothing else: which requests come there, and who may send them, is not the workload's to say.
 * @param scheme how replicas are spoken to
 */
export function discoveryLabels(services: readonly (DiscoveredService & { scheme: string })[]): Record<string, Record<string, string>> {
  const labels: Record<string, Record<string, string>> = {};
  for (const { name, target, servers, scheme } of services) {
    const prefix = `traefik.http.services.${name}.loadbalancer`;
    labels[target.discovered] = {
      "traefik.enable": "true",
      ...labels[target.discovered],
      [`${prefix}.server.port`]: String(target.port),
      ...(scheme === "http" ? {} : { [`${prefix}.server.scheme`]: scheme }),
      ...Object.fromEntries(flatten(prefix, servers)),
    };
  }
  return labels;
}
