import * as pulumi from "@pulumi/pulumi";
import type { Platform, Running } from "../platform";
import { describeProblems, metricsTarget, SEGMENTS, type MetricsTarget } from "../workload";
import { APP_PORTS, type AppPorts, type AppRefs, type AppTierOptions } from "./options";
import { backendWorkload, frontendWorkload } from "./workloads";

/**
 * The app: a backend that uses the database and the cache, and a frontend. Both drain before they stop, are replaced
 * start-first and rolled back when a release turns out unhealthy.
 * @example
 * const refs = AppTier.declare(platform);
 * const app = new AppTier("app", { platform, refs, images, database: data.postgres, cache: data.redis, scraper: prometheus });
 */
export class AppTier extends pulumi.ComponentResource {
  readonly refs: AppRefs;
  /** The backend that runs. */
  readonly backend: Running;
  /** The frontend that runs. */
  readonly frontend: Running;
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];

  /**
   * Names both services without creating anything, so that the balancer can route to them before they run.
   * @param ports ports that differ from the defaults
   */
  static declare(platform: Platform, ports: Partial<Record<keyof AppRefs, Partial<AppPorts>>> = {}): AppRefs {
    const declareService = (name: keyof AppRefs) =>
      platform.declare(name, { ports: { ...APP_PORTS[name], ...ports[name] }, segment: SEGMENTS.edge });
    return { backend: declareService("backend"), frontend: declareService("frontend") };
  }

  /** @throws pulumi.ResourceError with every problem of both workloads at once, before anything is created */
  constructor(name: string, options: AppTierOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:app:AppTier", name, {}, opts);
    const { platform } = options;
    this.refs = options.refs ?? AppTier.declare(platform);
    const { backend, frontend } = this.refs;
    const workloads = { backend: backendWorkload(backend, options), frontend: frontendWorkload(frontend, options) };

    const problems = [...platform.problems(backend, workloads.backend), ...platform.problems(frontend, workloads.frontend)];
    if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), this);

    this.backend = platform.run(backend, workloads.backend, { parent: this });
    this.frontend = platform.run(frontend, workloads.frontend, { parent: this });
    this.targets = [metricsTarget("app", backend, workloads.backend), metricsTarget("app", frontend, workloads.frontend)].filter(
      (target) => target !== undefined,
    );
    this.registerOutputs({ backend: backend.fullName, frontend: frontend.fullName });
  }
}
