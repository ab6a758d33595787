import { stringify } from "yaml";
import type { NodeMetrics } from "../platform";
import { targetName, type MetricsTarget, type Ref } from "../workload";
import type { ProbeOptions, Settings } from "./options";

/** One relabelling step of Prometheus, in the forms used here. */
interface RelabelConfig {
  source_labels?: string[];
  separator?: string;
  regex?: string;
  target_label: string;
  replacement?: string;
}

/** One group of targets that are found alike. */
interface ScrapeConfig {
  job_name: string;
  metrics_path?: string;
  scrape_interval?: string;
  scrape_timeout?: string;
  params?: Record<string, string[]>;
  dns_sd_configs?: { names: string[]; type: "A"; port: number; refresh_interval: string }[];
  static_configs?: { targets: string[] }[];
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

/** Name of the blackbox exporter's module that asks over HTTPS. */
export const HTTPS_MODULE = "https";

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

/** Seconds between two questions of the blackbox exporter: each is a whole TLS handshake. */
const PROBE_SECONDS = 15;

/** An address as a user knows it. */
function addressOf(host: string, path: string): string {
  return `https://${host}${path}`;
}

/** Addresses that are asked through the balancers, each the `instance` of what is found. */
export function askedAddresses({ host, paths = ["/"] }: ProbeOptions): string[] {
  return paths.map((path) => addressOf(host, path));
}

/** What the blackbox exporter is asked: the address goes as a parameter, and the blackbox exporter itself is scraped. */
function probeConfigs({ blackbox, options }: Probing, settings: Settings): ScrapeConfig[] {
  const { through, port = "https", host, paths = ["/"], urls = [] } = options;
  const number = through.ports[port];
  if (number === undefined) throw new Error(`${through.fullName} has no port "${port}"`);
  const common = { metrics_path: "/probe", scrape_interval: `${Math.max(PROBE_SECONDS, settings.scrapeInterval)}s` };
  const asked: RelabelConfig[] = [
    { target_label: "__address__", replacement: `${blackbox.host}:${blackbox.ports["http"]}` },
    { target_label: "tier", replacement: "observability" },
    { target_label: "workload", replacement: blackbox.fullName },
  ];
  const throughBalancer = paths.map((path, index): ScrapeConfig => ({
    ...common,
    job_name: `probe-${index}`,
    params: { module: [HTTPS_MODULE], hostname: [host] },
    dns_sd_configs: [{ names: [through.host], type: "A", port: number, refresh_interval: `${DISCOVERY_SECONDS}s` }],
    relabel_configs: [
      { source_labels: ["__address__"], regex: "(.+)", target_label: "__param_target", replacement: `https://$1${path}` },
      { source_labels: ["__address__"], regex: "(.+):\\d+", target_label: "replica", replacement: "$1" },
      { target_label: "instance", replacement: addressOf(host, path) },
      ...asked,
    ],
  }));
  if (urls.length === 0) return throughBalancer;
  return [
    ...throughBalancer,
    {
      ...common,
      job_name: "probe-outside",
      params: { module: [HTTPS_MODULE] },
      static_configs: [{ targets: urls }],
      relabel_configs: [
        { source_labels: ["__address__"], regex: "(.+)", target_label: "__param_target", replacement: "$1" },
        { source_labels: ["__address__"], regex: "(.+)", target_label: "instance", replacement: "$1" },
        ...asked,
      ],
    },
  ];
}

/** Seconds between two readings of a node's own agent, which measures no more often. */
const NODE_SECONDS = 15;

/** What the nodes' own agents serve: found where the node exporter is, whose address is its node's. */
function nodeConfigs({ exporter, metrics }: WatchedNodes, settings: Settings): ScrapeConfig[] {
  const address = { source_labels: ["__address__"], regex: "(.+):\\d+", replacement: "$1" };
  return metrics.map(({ name, port, scrape }) => ({
    job_name: name,
    scrape_interval: `${Math.max(NODE_SECONDS, settings.scrapeInterval)}s`,
    scrape_timeout: `${LONGEST_SCRAPE_SECONDS}s`,
    ...scrape,
    dns_sd_configs: [{ names: [exporter.host], type: "A", port, refresh_interval: `${DISCOVERY_SECONDS}s` }],
    relabel_configs: [
      { target_label: "tier", replacement: "observability" },
      { target_label: "workload", replacement: name },
      { ...address, target_label: "replica" },
      { ...address, target_label: "node" },
    ],
  }));
}

/** Where alerts go, who asks the public addresses, and what nodes tell. */
export interface Around {
  /** Host, port and path prefix of Alertmanager. @default alerts are sent nowhere */
  alertmanager?: { host: string; port: number; pathPrefix: string };
  /** @default nobody asks */
  probing?: Probing;
  /** @default their agents are not asked */
  nodes?: WatchedNodes;
}

/** Nodes whose own agents are asked. */
export interface WatchedNodes {
  /** The node exporter, one a node, at the node's address. */
  exporter: Ref;
  metrics: readonly NodeMetrics[];
}

/** The blackbox exporter and its questions. */
export interface Probing {
  blackbox: Ref;
  options: ProbeOptions;
}

/**
 * The configuration that scrapes every replica of every target, found by the A records of its name, with the labels
 * `tier`, `workload` and `replica` (its address).
 */
export function prometheusConfig(
  targets: readonly MetricsTarget[],
  settings: Settings,
  { alertmanager, probing, nodes }: Around = {},
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
    scrape_configs: [
      ...targets.map(scrapeConfig),
      ...(probing ? probeConfigs(probing, settings) : []),
      ...(nodes ? nodeConfigs(nodes, settings) : []),
    ],
  };
}

/** Any configuration as YAML; long expressions stay on one line and equal objects are written out, not aliased. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
