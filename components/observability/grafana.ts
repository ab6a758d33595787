import * as pulumi from "@pulumi/pulumi";
import { onlyPorts, overrideWorkload, type Ref, type Workload } from "../workload";
import { toYaml } from "./config";
import { DATA_SOURCE, dashboards } from "./dashboards";
import type { GrafanaOptions, Settings } from "./options";

/** Port of Grafana (its default). */
export const GRAFANA_PORT = 3000;

/** File of the administrator's password. */
export const GRAFANA_PASSWORD = "/run/secrets/grafana-admin-password";

const PROVISIONING = "/etc/grafana/provisioning";
const DASHBOARDS = "/etc/grafana/dashboards";

/**
 * Grafana as a workload, its secret not yet attached. Whoever the balancer lets in may look; everything shown is provisioned, so it
 * keeps nothing: a dashboard made by hand is gone with the replica.
 * @param address where people reach it
 */
export function grafanaWorkload(options: GrafanaOptions, settings: Settings, address: pulumi.Input<string>, prometheus: Ref): Workload {
  const prefix = options.pathPrefix ?? "/grafana";
  const files: Record<string, string> = {
    [`${PROVISIONING}/datasources/prometheus.yml`]: toYaml({
      apiVersion: 1,
      datasources: [
        {
          name: "Prometheus",
          ...DATA_SOURCE,
          access: "proxy",
          url: `http://${prometheus.host}:${prometheus.ports["http"]}${settings.pathPrefix}`,
          isDefault: true,
          editable: false,
          jsonData: { timeInterval: `${settings.scrapeInterval}s` },
        },
      ],
    }),
    [`${PROVISIONING}/dashboards/testbro.yml`]: toYaml({
      apiVersion: 1,
      providers: [{ name: "testbro", type: "file", disableDeletion: true, allowUiUpdates: false, options: { path: DASHBOARDS } }],
    }),
  };
  for (const [name, dashboard] of Object.entries(dashboards(settings))) files[`${DASHBOARDS}/${name}.json`] = JSON.stringify(dashboard);
  const base: Workload = {
    kind: "service",
    image: options.image,
    env: {
      GF_SERVER_HTTP_PORT: String(GRAFANA_PORT),
      GF_SERVER_ROOT_URL: address,
      GF_SERVER_SERVE_FROM_SUB_PATH: "true",
      GF_SECURITY_ADMIN_PASSWORD__FILE: GRAFANA_PASSWORD,
      GF_AUTH_ANONYMOUS_ENABLED: "true",
      GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
      // The balancer's password is not one of Grafana's users.
      GF_AUTH_BASIC_ENABLED: "false",
      GF_USERS_ALLOW_SIGN_UP: "false",
      GF_ANALYTICS_REPORTING_ENABLED: "false",
      GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
      GF_PLUGINS_PREINSTALL_DISABLED: "true",
      GF_LOG_MODE: "console",
      GF_LOG_CONSOLE_FORMAT: "json",
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS}/application.json`,
    },
    files: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content }])),
    ports: [{ name: "http", container: GRAFANA_PORT }],
    metrics: { port: "http", path: `${prefix}/metrics`, scraper: prometheus },
    health: {
      live: { http: { port: "http", path: `${prefix}/api/health` }, interval: 10, timeout: 10, retries: 3, startPeriod: 60 },
    },
    resources: { limits: { cpu: "500m", memory: "256Mi" }, reservations: { cpu: "20m", memory: "128Mi" } },
    scale: { replicas: 1 },
    priority: "low",
    stop: { grace: 15 },
    security: { user: { uid: 472, gid: 472 }, writable: ["/tmp", "/var/lib/grafana"] },
    connects: [onlyPorts(prometheus, ["http"])],
    policyExemptions: { "availability-replicas": "shows what is measured; while it restarts nothing is lost" },
  };
  return overrideWorkload(base, options.workload);
}
