import { updateOf, type Update, type Workload } from "../../workload";

/** Whether a workload is reached from outside. */
export function publishes(workload: Workload): boolean {
  return workload.ports?.some((port) => port.publish) ?? false;
}

/** Update settings with Swarm's defaults: a port of the machine has one owner, so where one is published the old replica goes first. */
export function swarmUpdateOf(workload: Workload): Required<Update> {
  return { ...updateOf(workload), ...(publishes(workload) && workload.update?.order === undefined ? { order: "stop-first" } : {}) };
}
