/** A service that scaling was asked for, as it is now. */
export interface ManagedService {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Replicas asked for and replicas that serve. */
  readonly desired: number;
  readonly ready: number;
  /** Containers that can be measured through this engine. */
  readonly containers: readonly string[];
  /** Nanoseconds of CPU per second and bytes that 100 % stands for; absent where neither a reservation nor a limit is set. */
  readonly cpuBase?: number;
  readonly memoryBase?: number;
  readonly rollout?: string;
  /** Changes with everything of the service but its count. */
  readonly revision?: string;
  /** Replicas the nodes have room for; absent where nothing limits them. */
  readonly placeable?: number;
}

/** Where services run. */
export interface Target {
  /** Services with `autoscaler.enable=true`, and those named in the settings. */
  list(configured: ReadonlySet<string>): Promise<ManagedService[]>;
  /** Sets the count of a managed service; everything else of it stays. @throws ScaleRefused */
  scale(service: string, count: number, options: { readonly during?: "rollout" }): Promise<void>;
}

/** A change that must not be made. */
export class ScaleRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ScaleRefused";
  }
}
