import assert from "node:assert/strict";
import { parse } from "yaml";
import { recordResources, valueOf } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import type { MetricsTarget } from "../workload";
import type { PrometheusConfig } from "./config";
import type { ObservabilityOptions } from "./options";

let count = 0;

/** A name that no resource of the process has yet. */
export const unique = (name: string): string => `${name}-${(count += 1)}`;

/** A workload that is scraped. */
export function target(name: string, changes: Partial<MetricsTarget> = {}): MetricsTarget {
  const ref = { name, fullName: `testbro-${name}`, host: `testbro-${name}`, ports: { metrics: 9464 }, segment: "edge" };
  return { tier: "app", ref, port: "metrics", minimum: 1, ...changes };
}

/** Prometheus' rules as it reads them. */
export interface RuleFile {
  groups: {
    name: string;
    rules: { alert?: string; record?: string; expr: string; for?: string; labels?: object; annotations?: object }[];
  }[];
}

/** Tiers on a platform that records what it is told to run, anew for each test. */
export class RecordedTiers {
  observability!: typeof import("./index.js");
  platform!: RecordingPlatform;

  /** Begins with a platform that runs nothing. */
  anew(): void {
    this.platform = new RecordingPlatform(unique("platform"));
  }

  /** Creates a tier with one target. */
  readonly tier = (options: Partial<ObservabilityOptions> = {}, name = unique("observability")) =>
    new this.observability.ObservabilityTier(name, {
      platform: this.platform,
      image: "prometheus@sha256:1",
      targets: [target("backend")],
      ...options,
    });

  /** A YAML file of a workload. */
  readonly fileOf = async <T>(workload: string, path: string): Promise<T> => {
    const file = this.platform.workload(workload).files?.[path];
    assert.ok(file, `${workload} has no ${path}`);
    return parse(await valueOf(file.content)) as T;
  };

  readonly config = () => this.fileOf<PrometheusConfig>("prometheus", "/etc/prometheus/prometheus.yml");
  readonly rules = () => this.fileOf<RuleFile>("prometheus", "/etc/prometheus/rules/testbro.yml");
  readonly argsOf = (workload: string) => Promise.all((this.platform.workload(workload).args ?? []).map((each) => valueOf(each)));
}

/** Declares the hooks of a suite that creates tiers. */
export function withTiers(): RecordedTiers {
  const tiers = new RecordedTiers();
  before(async () => {
    await recordResources();
    tiers.observability = await import("./index.js");
  });
  beforeEach(() => tiers.anew());
  return tiers;
}
