import type { MetricsTarget } from "../../workload";

export const BACKEND: MetricsTarget = {
  tier: "app",
  ref: { name: "backend", fullName: "testbro-backend", host: "testbro-backend", ports: { metrics: 9464 }, segment: "edge" },
  port: "metrics",
  minimum: 2,
};
/** Values of series, one every 5 s, in promtool's notation. */
export type Series = Record<string, string>;

export interface AlertCase {
  alert: string;
  /** Seconds between two values. @default 5 */
  every?: number;
  /** Seconds before `fires` at which it must not be there yet. @default 5 */
  step?: number;
  /** Brings the alert about at `fires` and not `step` earlier. Then it goes away by `recovered`. */
  bad: Series;
  /** Seconds. */
  fires: number;
  recovered: number;
  labels: Record<string, string>;
  summary: string;
  description: string;
  /** Inputs just short of it: no alert at `fires` nor a while after. */
  quiet: Series[];
}

export const app = (replica: number, metric: string, more = "") =>
  `${metric}{tier="app",workload="testbro-backend",replica="10.0.0.${replica}",instance="10.0.0.${replica}:9464",job="testbro-backend"${more}}`;
export const exporter = (store: string, metric: string, more = "") => `${metric}{tier="data",workload="testbro-${store}-exporter"${more}}`;
export const self = (metric: string) => `${metric}{tier="observability",workload="testbro-prometheus"}`;
export const onBackend = { tier: "app", workload: "testbro-backend" };
export const replicaLabels = { ...onBackend, replica: "10.0.0.2", instance: "10.0.0.2:9464", job: "testbro-backend" };

const toldBy = (instance: string, series: Series): Series =>
  Object.fromEntries(Object.entries(series).map(([name, values]) => [name.replace(/\}$/, `,instance="${instance}"}`), values]));

/** What two instances tell of the same, one of which takes the other's place: for a while Prometheus has the series of both. */
export const replaced = (before: Series, after: Series): Series => ({
  ...toldBy("10.0.0.8:9095", before),
  ...toldBy("10.0.0.9:9095", after),
});
