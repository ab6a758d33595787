/**
 * Components that run a Workload of `@testbro/components`, which pass it as their input `workload`. It says what its children no longer
 * do: that a probe is for readiness although Swarm has none, or how long a replica drains.
 */
export const WORKLOAD_KINDS = ["testbro:swarm:Workload", "testbro:kubernetes:Workload", "testbro:compose:Workload"] as const;
