import { decide } from "../../core/decide";
import { EMPTY_MEMORY, type Memory } from "../../core/memory";
import { DEFAULTS, type ServicePolicy } from "../../core/policy";
import { type Algorithm, type Bounds, type View } from "../model";

/** The policy that is simulated: the shipped defaults with a request rate as the only signal, and the simulation's bounds. */
export function simulatedPolicy(bounds: Bounds): ServicePolicy {
  return { ...DEFAULTS, min: bounds.min, max: bounds.max, signals: [{ name: "requests", kind: "rate", target: bounds.targetRate }] };
}

/** The very function the daemon runs. */
export function ours(bounds: Bounds): Algorithm {
  const policy = simulatedPolicy(bounds);
  let memory: Memory = EMPTY_MEMORY;
  return {
    name: "ours",
    step(view: View): number {
      const reading =
        view.load === undefined ? { signal: "requests", problem: "no data" } : { signal: "requests", value: view.load, age: view.age };
      const result = decide({ time: view.time, desired: view.desired, ready: view.ready, readings: [reading] }, policy, memory);
      memory = result.memory;
      return result.decision.to;
    },
  };
}
