import { stringify } from "yaml";
import { targetName, type MetricsTarget } from "../workload";
import type { Settings } from "./options";

/** One relabelling step of Prometheus, in the forms used here. */
interface RelabelConfig {
  source_labels?: string[];
  regex?: string;
  target_label: string;
  replacement?: string;
}

/** One group of targets that are found alike. */
interface ScrapeConfig {
  job_name: string;
  metrics_path?: string;
  dns_sd_configs: { names: string[]; type: "A"; port: number; refresh_interval: string }[];
  relabel_configs: RelabelConfig[];
}

/** Prometheus' configuration file, as far as it is used here. */
export interface PrometheusConfig {
  global: { scrape_interval: string; scrape_timeout: string; evaluation_interval: string };
  rule_files: string[];
  alerting?: { alertmanagers: { path_prefix: string; static_configs: { targets: string[] }[] }[] };
  scrape_configs: ScrapeConfig[];
}

/** Longest time a scrape may take, in seconds; less where the interval is shorter. */
const LONGEST_SCRAPE_SECONDS = 10;

/** Seconds between two looks into DNS, so that a new replica is scraped soon after it runs. */
const DISCOVERY_SECONDS = 5;

/** The rule files inside the container. */
export const RULES_GLOB = "/etc/prometheus/rules/*.yml";

function scrapeConfig(target: MetricsTarget): ScrapeConfig {
  const { ref, tier, path } = target;
  const port = ref.ports[target.port];
  // checkTargets reports it; a renderer that guessed would scrape the wrong port.
  if (port === undefined) throw new Error(`${ref.fullName} has no port "${target.port}"`);
  return {
    job_name: targetName(target),
    ...(path === undefined || path === "/metrics" ? {} : { metrics_path: path }),
    dns_sd_configs: [{ names: [ref.host], type: "A", port, refresh_interval: `${DISCOVERY_SECONDS}s` }],
    relabel_configs: [
      { target_label: "tier", replacement: tier },
      { target_label: "workload", replacement: targetName(target) },
      { source_labels: ["__address__"], regex: "(.+):\\d+", target_label: "replica", replacement: "$1" },
    ],
  };
}

/**
 * The configuration that scrapes every replica of every target, found by the A records of its name, with the labels
 * `tier`, `workload` and `replica` (its address).
 * @param alertmanager host, port and path prefix of Alertmanager; undefined: alerts are sent nowhere
 */
export function prometheusConfig(
  targets: readonly MetricsTarget[],
  settings: Settings,
  alertmanager?: { host: string; port: number; pathPrefix: string },
): PrometheusConfig {
  const interval = settings.scrapeInterval;
  return {
    global: {
      scrape_interval: `${interval}s`,
      scrape_timeout: `${Math.min(interval, LONGEST_SCRAPE_SECONDS)}s`,
      evaluation_interval: `${interval}s`,
    },
    rule_files: [RULES_GLOB],
    ...(alertmanager
      ? {
          alerting: {
            alertmanagers: [
              {
                path_prefix: alertmanager.pathPrefix,
                static_configs: [{ targets: [`${alertmanager.host}:${alertmanager.port}`] }],
              },
            ],
          },
        }
      : {}),
    scrape_configs: targets.map(scrapeConfig),
  };
}

/** Any configuration as YAML; long expressions stay on one line and equal objects are written out, not aliased. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
