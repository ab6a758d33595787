import type * as pulumi from "@pulumi/pulumi";
import { type Problem, type Ref, type WorkloadOverrides } from "../../../workload";
import type { KubernetesPlatform } from "../platform";
import type { CustomMetric } from "../settings";

/** Series that Prometheus records of every workload, and what HorizontalPodAutoscalers call it. */
const REQUESTS = { name: "requests_per_second", series: "workload:http_requests:rate" };

/** Requests per second of a workload, as an adapter with its default metrics serves them: for the platform's `autoscaling.requestsPerSecond`. */
export const REQUESTS_METRIC: CustomMetric = { type: "External", name: REQUESTS.name, labels: { workload: "$workload" } };

/** Options of `MetricsAdapter`. */
export interface MetricsAdapterArgs {
  /** Where it runs; knows where the API server is (`apiServer`), which asks it and which it asks. */
  platform: KubernetesPlatform;
  /** Image with `prometheus-adapter`. @example "registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0" */
  image: pulumi.Input<string>;
  /** Where series come from; `pathPrefix` of its pages. */
  prometheus: { ref: Ref; pathPrefix?: string };
  /** Its certificate for `MetricsAdapter.host(…)`, key, and the authority that the API server verifies it by; all PEM. */
  tls: { certificate: pulumi.Input<string>; key: pulumi.Input<string>; authority: pulumi.Input<string> };
  /** Metrics by name, each with the series it is read from; a HorizontalPodAutoscaler gets the sum of those with its labels. @default { requests_per_second: "workload:http_requests:rate" } */
  metrics?: Record<string, string>;
  /** Program in the image. @default "/adapter", as in the project's own */
  command?: string;
  /** Seconds between two looks at which series there are. @default 30 */
  relist?: number;
  /** References made earlier by `MetricsAdapter.declare`. @default declared here */
  ref?: Ref;
  /** Any field of its workload. */
  workload?: WorkloadOverrides;
}

/** {@link MetricsAdapterArgs} with the defaults that the renderer needs. */
export type AdapterSettings = Required<Pick<MetricsAdapterArgs, "metrics" | "command" | "relist">>;

export function adapterSettings({ metrics, command, relist }: Partial<MetricsAdapterArgs>): AdapterSettings {
  return { metrics: metrics ?? { [REQUESTS.name]: REQUESTS.series }, command: command ?? "/adapter", relist: relist ?? 30 };
}

/** Everything wrong with the settings. */
export function checkAdapter(name: string, { metrics, relist }: AdapterSettings): Problem[] {
  const problems: Problem[] = [];
  if (Object.keys(metrics).length === 0) {
    problems.push({ path: `${name}.metrics`, message: "is empty, so there is nothing to serve", fix: "leave it out, or name a series" });
  }
  for (const [metric, series] of Object.entries(metrics)) {
    // It becomes a part of a path of the API.
    if (!/^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$/.test(metric)) {
      problems.push({
        path: `${name}.metrics.${metric}`,
        message: `"${metric}" is not a name of lower-case letters, digits, "_", "-" and "."`,
        fix: "e.g. requests_per_second",
      });
    }
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(series)) {
      problems.push({
        path: `${name}.metrics.${metric}`,
        message: `"${series}" is not a series' name`,
        fix: "e.g. workload:http_requests:rate; for anything else record a series of its own in Prometheus",
      });
    }
  }
  if (!(Number.isInteger(relist) && relist >= 5 && relist <= 600)) {
    problems.push({ path: `${name}.relist`, message: `${relist} is not a number of seconds`, fix: "give a whole number from 5 to 600" });
  }
  return problems;
}
