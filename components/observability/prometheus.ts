import * as pulumi from "@pulumi/pulumi";
import { bytes, mergeOptions, overrideWorkload, type Ref, type Resources, type Workload } from "../workload";
import type { ObservabilityOptions, Settings } from "./options";

/** Port of Prometheus (its default). */
export const PROMETHEUS_PORT = 9090;

/** Paths in the container. */
export const PROMETHEUS_PATHS = {
  config: "/etc/prometheus/prometheus.yml",
  rules: "/etc/prometheus/rules/testbro.yml",
  data: "/var/lib/prometheus",
} as const;

const RESOURCES: Resources = { limits: { cpu: 1, memory: "1Gi" }, reservations: { cpu: "100m", memory: "512Mi" } };

/** Seconds to write the head block's checkpoint before SIGKILL. */
const GRACE_SECONDS = 30;

/** Prometheus as a workload. Neither its lifecycle nor its admin API is switched on: whoever reaches the port can only read. */
export function prometheusWorkload(
  options: ObservabilityOptions,
  settings: Settings,
  content: { config: string; rules: string },
  scrapes: Ref[],
  scrapesNodes: number[] = [],
): Workload {
  const { pathPrefix, retention } = settings;
  const timing = { interval: 5, timeout: 10, retries: 3, startPeriod: 60, ...options.health };
  const base: Workload = {
    kind: "stateful",
    image: options.image,
    command: ["prometheus"],
    args: [
      `--config.file=${PROMETHEUS_PATHS.config}`,
      `--storage.tsdb.path=${PROMETHEUS_PATHS.data}`,
      `--storage.tsdb.retention.time=${retention.days}d`,
      `--storage.tsdb.retention.size=${bytes(retention.size)}B`,
      `--web.listen-address=:${PROMETHEUS_PORT}`,
      pulumi.interpolate`--web.external-url=${options.externalUrl ?? pathPrefix}`,
      "--log.format=json",
      `--web.route-prefix=${pathPrefix}`,
    ],
    files: { [PROMETHEUS_PATHS.config]: { content: content.config }, [PROMETHEUS_PATHS.rules]: { content: content.rules } },
    ports: [{ name: "http", container: PROMETHEUS_PORT }],
    metrics: { port: "http", path: `${pathPrefix}/metrics` },
    health: {
      live: { http: { port: "http", path: `${pathPrefix}/-/healthy` }, ...timing },
      ready: { http: { port: "http", path: `${pathPrefix}/-/ready` }, ...timing },
    },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    priority: "low",
    update: { order: "stop-first" },
    stop: { grace: GRACE_SECONDS },
    security: { user: { uid: 10090, gid: 10090 }, writable: ["/tmp"] },
    volumes: [{ name: "data", path: PROMETHEUS_PATHS.data, size: settings.storage }],
    scrapes,
    ...(scrapesNodes.length > 0 ? { scrapesNodes } : {}),
  };
  return overrideWorkload(base, options.workload);
}
