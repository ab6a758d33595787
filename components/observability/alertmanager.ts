import * as pulumi from "@pulumi/pulumi";
import { overrideWorkload, type Ref, type Workload } from "../workload";
import type { AlertingOptions } from "./alerting-options";
import { alertmanagerConfig } from "./alertmanager-config";
import { toYaml } from "./config";

/** Port of Alertmanager (its default). */
export const ALERTMANAGER_PORT = 9093;

const CONFIG = "/etc/alertmanager/alertmanager.yml";

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
      "--log.format=json",
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
