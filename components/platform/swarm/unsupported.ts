import { initialReplicas, mostReplicas, type Problem, type Workload } from "../../workload";
import { publishes, swarmUpdateOf } from "./update";

/** Where a workload would run. */
export interface Surroundings {
  /** Whether every local volume is on the only node there is. */
  singleNode: boolean;
  /** Whether one of its networks leads outside. */
  open: boolean;
}

/** What Swarm (through the Docker provider) cannot do of what a workload asks. */
export function unsupportedOnSwarm(name: string, workload: Workload, { singleNode, open }: Surroundings): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, fix: string): void => {
    problems.push({ path: `${name}.${path}`, message, fix });
  };
  if (workload.kind === "job") {
    report("kind", "Swarm jobs cannot be created through the Docker provider", "run the work inside a service at its start, under a lock");
  }
  if (workload.resources.limits.pids !== undefined) {
    report(
      "resources.limits.pids",
      "the Docker provider cannot set a process limit on a Swarm service",
      "leave it out and set default-ulimits (nproc) on the engine",
    );
  }
  if (workload.access?.length) {
    report("access", "Swarm has no permissions below the whole engine", "leave it out; reach the engine through a filtering proxy");
  }
  if (workload.observesNode) {
    report("observesNode", "a service cannot be in its node's network", "leave it out: most of what a node counts, every container sees");
  }
  if (workload.scrapesNodes?.length) report("scrapesNodes", "Swarm's nodes serve no metrics", "leave it out");
  for (const [path, file] of Object.entries(workload.files ?? {})) {
    if (file.onChange === "reload") {
      report(
        `files[${path}].onChange`,
        "a Swarm config never changes in a running replica",
        'write "roll", or let the process fetch the file itself',
      );
    }
  }
  for (const port of workload.ports ?? []) {
    if (port.publish && mostReplicas(workload) > 1 && singleNode) {
      report(
        `ports.${port.name}.publish`,
        `port ${port.publish.port} of the only node cannot be published by ${mostReplicas(workload)} replicas`,
        "run one replica",
      );
    }
  }
  if (workload.outside?.length && !open) {
    report("outside", "all its networks are internal ones", "declare it in an open segment (edge), or leave it out");
  }
  if (publishes(workload) && swarmUpdateOf(workload).order === "start-first") {
    report(
      "update.order",
      "start-first cannot work with a published port: the new replica needs the port that the old one holds",
      'write "stop-first"',
    );
  }
  if (workload.volumes?.length) {
    if (initialReplicas(workload) > 1) {
      report("volumes", `${initialReplicas(workload)} replicas would share one local volume`, "run one replica, or one workload for each");
    }
    if (!singleNode && Object.keys(workload.placement?.labels ?? {}).length === 0) {
      report(
        "placement.labels",
        "a local volume stays on the node where it was made, but the replica may run on any",
        'pin it by a label that one node has, e.g. { type: "database" }',
      );
    }
  }
  return problems;
}
