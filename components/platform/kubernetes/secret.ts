import type * as kubernetes from "@pulumi/kubernetes";
import type { Secret } from "../../workload";

/** Key under which a Secret holds its one value. */
export const SECRET_KEY = "value";

/** A Kubernetes Secret with one value; reaches workloads as a file. */
export class KubernetesSecret implements Secret {
  /**
   * @param name name within the platform
   * @param resource the Secret; undefined while the platform is suspended
   */
  constructor(
    readonly name: string,
    readonly resource: kubernetes.core.v1.Secret | undefined,
  ) {}
}
