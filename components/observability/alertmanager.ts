import * as pulumi from "@pulumi/pulumi";
import { overrideWorkload, type Ref, type Workload } from "../workload";
import type { AlertingOptions } from "./options";
import { toYaml } from "./config";

/** Port of Alertmanager (its default). */
export const ALERTMANAGER_PORT = 9093;

const CONFIG = "/etc/alertmanager/alertmanager.yml";

/** Seconds before new alerts of a group already told are told. */
const GROUP_INTERVAL_SECONDS = 60;

/** Alerts that explain others of the same workload: told of the first, nobody needs the second. */
const INHIBITIONS: readonly { source: string; target: string; equal: string[] }[] = [
  { source: "ServiceNotReady", target: "ReplicaNotReady", equal: ["workload"] },
  { source: "ReplicasBelowMinimum", target: "TargetDown", equal: ["workload"] },
];

/** Path of a receiver's address in the container. */
export function urlPath(kind: "slack" | "webhook", index: number): string {
  return `/run/secrets/${kind}-url-${index}`;
}

/** Alertmanager's configuration; addresses are read from secret files. One receiver gets everything. */
export function alertmanagerConfig(alerting: Pick<AlertingOptions, "slack" | "webhooks" | "groupWait" | "repeatInterval">): object {
  const { slack = [], webhooks = [] } = alerting;
  return {
    route: {
      receiver: "everyone",
      group_by: ["alertname", "workload"],
      group_wait: `${alerting.groupWait ?? 10}s`,
      group_interval: `${GROUP_INTERVAL_SECONDS}s`,
      repeat_interval: `${alerting.repeatInterval ?? 14400}s`,
    },
    inhibit_rules: INHIBITIONS.map(({ source, target, equal }) => ({
      source_matchers: [`alertname="${source}"`],
      target_matchers: [`alertname="${target}"`],
      equal,
    })),
    receivers: [
      {
        name: "everyone",
        slack_configs: slack.map(({ channel }, index) => ({
          api_url_file: urlPath("slack", index),
          channel,
          send_resolved: true,
          title: "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.workload }}",
          text: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ end }}",
        })),
        webhook_configs: webhooks.map((_, index) => ({ url_file: urlPath("webhook", index), send_resolved: true })),
      },
    ],
  };
}

/** Alertmanager as a workload, its secrets not yet attached. Silences survive on its volume. */
export function alertmanagerWorkload(alerting: AlertingOptions, externalUrl: pulumi.Input<string>, scraper: Ref): Workload {
  const prefix = alerting.pathPrefix ?? "/alertmanager";
  const timing = { interval: 5, timeout: 5, retries: 3, startPeriod: 30 };
  const base: Workload = {
    kind: "stateful",
    image: alerting.image,
    command: ["alertmanager"],
    args: [
      `--config.file=${CONFIG}`,
      "--storage.path=/var/lib/alertmanager",
      `--web.listen-address=:${ALERTMANAGER_PORT}`,
      pulumi.interpolate`--web.external-url=${externalUrl}`,
      `--web.route-prefix=${prefix}`,
      // One instance: no gossip with others, so no port for it.
      "--cluster.listen-address=",
    ],
    files: { [CONFIG]: { content: toYaml(alertmanagerConfig(alerting)) } },
    ports: [{ name: "http", container: ALERTMANAGER_PORT }],
    metrics: { port: "http", path: `${prefix}/metrics`, scraper },
    health: {
      live: { http: { port: "http", path: `${prefix}/-/healthy` }, ...timing },
      ready: { http: { port: "http", path: `${prefix}/-/ready` }, ...timing },
    },
    resources: { limits: { cpu: "200m", memory: "128Mi" }, reservations: { cpu: "20m", memory: "64Mi" } },
    scale: { replicas: 1 },
    // The receivers: their addresses are secrets, so no narrower range is known.
    outside: [{}],
    update: { order: "stop-first" },
    stop: { grace: 15 },
    security: { user: { uid: 10090, gid: 10090 } },
    volumes: [{ name: "data", path: "/var/lib/alertmanager", size: "1Gi" }],
  };
  return overrideWorkload(base, alerting.workload);
}
