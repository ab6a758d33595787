import type { Reader } from "../core/reader";
import type { View } from "../core/resource";
import { containersOf } from "../platforms/containers";
import { quantity } from "../platforms/quantity";

/** A limit or reservation of one container, in cores or bytes. */
export interface Amount {
  label: string;
  /** Where it is written. */
  at: Reader;
  /** @throws Undecided; undefined when it is not set or not a number */
  read(): number | undefined;
}

const SWARM = { limits: "limits", requests: "reservation", cpu: "nanoCpus", memory: "memoryBytes" } as const;
const CONTAINER = {
  "limits memory": "memory",
  "requests memory": "memoryReservation",
  "limits cpu": "cpus",
  "requests cpu": "cpuShares",
} as const;
/** A cpuShares value that equals one core, by Docker's convention. */
const SHARES_PER_CORE = 1024;

/** The limits or requests of every container of a resource. @throws Undecided */
export function amountsOf(view: View, side: "limits" | "requests", resource: "cpu" | "memory"): Amount[] {
  return containersOf(view).map((container) => {
    if (container.platform === "swarm") {
      const at = view.props.at("taskSpec", "resources", SWARM[side], SWARM[resource]);
      return { label: container.label, at, read: () => scale(at.number(), resource === "cpu" ? 1e-9 : 1) };
    }
    if (container.platform === "docker") {
      const field = CONTAINER[`${side} ${resource}`];
      const at = view.props.at(field);
      const factor = field === "cpuShares" ? 1 / SHARES_PER_CORE : resource === "memory" ? 2 ** 20 : 1;
      return { label: container.label, at, read: () => (field === "cpus" ? limitOfCpus(view) : scale(at.number(), factor)) };
    }
    const at = container.at.at("resources", side, resource);
    return { label: container.label, at, read: () => quantity(at.text()) };
  });
}

/** A container's CPU limit: `cpus`, or the older quota per period. */
function limitOfCpus(view: View): number | undefined {
  const cpus = view.props.at("cpus").number();
  const quota = view.props.at("cpuQuota").number();
  return cpus ?? (quota && quota / (view.props.at("cpuPeriod").number() ?? 100_000));
}

function scale(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}
