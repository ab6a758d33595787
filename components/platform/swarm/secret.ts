import type * as docker from "@pulumi/docker";
import type { Secret } from "../../workload";

/** A Swarm secret; reaches workloads as a file. */
export class SwarmSecret implements Secret {
  /**
   * @param name name within the platform
   * @param resource the Swarm secret; undefined while the platform is suspended
   */
  constructor(
    readonly name: string,
    readonly resource: docker.Secret | undefined,
  ) {}
}
