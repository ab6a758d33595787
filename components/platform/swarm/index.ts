export * from "./platform";
export { SwarmWorkload, type SwarmWorkloadArgs } from "./workload";
export { SwarmSecret } from "./secret";
