import type * as pulumi from "@pulumi/pulumi";
import { AppTier } from "@testbro/components/app";
import { autoscalerRules } from "@testbro/components/autoscaling";
import { OwnCertificateAuthority } from "@testbro/components/certificates";
import { DataTier } from "@testbro/components/data";
import type { BalancerAccess } from "@testbro/components/load-balancer/nginx";
import {
  ObservabilityTier,
  type AlertingOptions,
  type ObservabilityOptions,
  type Receivers,
  type RuleGroup,
} from "@testbro/components/observability";
import { AUTOSCALER_PATH, autoScaler } from "./autoscaler";
import { appRoutes, balancerOf, discoverApp, originOf, pageOf, type Guarded } from "./balancer";
import type { Environment } from "./environment";
import { makeLogin, type Login } from "./login";
import { metricsAdapter } from "./metrics-adapter";
import { platformOf } from "./platform";
import { probesOf } from "./probes";

/** Path of Prometheus' pages behind the balancer. */
const PROMETHEUS_PATH = "/prometheus";

/** Path of Alertmanager's pages behind the balancer. */
const ALERTMANAGER_PATH = "/alertmanager";

/** Path of Grafana's pages behind the balancer. */
const GRAFANA_PATH = "/grafana";

/** What a deployed stack tells people and scripts. */
export interface Deployment {
  /** Start of every name, which scripts find the services by. */
  name: string;
  urls: Record<string, string>;
  /** Certificate of the authority that signed the balancer's; PEM. */
  caPem: pulumi.Output<string>;
  /** Where monitoring wants a password: user and password. Secret. */
  monitoringLogin?: Login;
  /** Where Traefik's dashboard wants a password. Secret. */
  dashboardLogin?: Login;
  /** For pausing on the auto-scaler's status page. Secret. */
  autoscalerToken?: pulumi.Output<string>;
}

/** Who may open the monitoring pages, and with which password where one is wanted. */
function monitoringAccess(environment: Environment): { access: BalancerAccess; login?: Login } {
  if (environment.monitoringAccess === "host") return { access: { allowFrom: "host" } };
  const { users, login } = makeLogin("monitoring");
  return { access: { basicAuth: { realm: "monitoring", users } }, login };
}

/** Who is told of alerts, where anybody is. */
function alertingOf({ alerting, images }: Environment): AlertingOptions | undefined {
  if (Object.keys(alerting).length === 0) return undefined;
  return { ...(alerting as Receivers), image: images.prometheus, pathPrefix: ALERTMANAGER_PATH };
}

/** Builds every tier of an environment. */
export async function deploy(environment: Environment): Promise<Deployment> {
  const { name, images, domain } = environment;
  const ca = new OwnCertificateAuthority(name);
  const platform = await platformOf(environment, ca.certificatePem);
  const refs = { app: AppTier.declare(platform), observability: ObservabilityTier.declare(platform) };
  const scraper = refs.observability.prometheus;
  const origin = originOf(environment, domain);

  const data = new DataTier("data", {
    platform,
    ca,
    scraper,
    images: { postgres: images.postgres, redis: images.redis, postgresExporter: images.exporters, redisExporter: images.exporters },
    postgres: {
      ...environment.postgres,
      workload: { policyExemptions: { "backup-database": "saved from outside the stack: docs/operations.md, Backup" } },
    },
    redis: environment.redis,
  });
  const { version: backendVersion, env: backendEnv, ...backend } = environment.backend;
  const { version: frontendVersion, env: frontendEnv, ...frontend } = environment.frontend;
  const routes = appRoutes(environment.loadBalancer, refs.app);
  const discovered = discoverApp(environment, platform, refs.app);
  const app = new AppTier("app", {
    platform,
    refs: refs.app,
    images: { backend: images.backend, frontend: images.frontend },
    database: data.postgres,
    cache: data.redis,
    scraper,
    backend: { ...backend, env: { APP_VERSION: backendVersion, ...backendEnv } },
    frontend: { ...frontend, env: { APP_VERSION: frontendVersion, ...frontendEnv } },
  });

  const scaling = autoScaler(environment, platform, scraper, PROMETHEUS_PATH);
  const monitoring = monitoringAccess(environment);
  // Its password costs nothing to check and is not to be guessed, while one of these pages asks for a hundred files.
  const guarded: Guarded = { access: monitoring.access, rateLimits: [] };
  const alerting = alertingOf(environment);
  const balancer = balancerOf({
    ...{ environment, platform, ca, routes, scraper, guarded, discovered },
    pages: [
      pageOf("prometheus", PROMETHEUS_PATH, scraper, guarded),
      ...(alerting ? [pageOf("alertmanager", ALERTMANAGER_PATH, refs.observability.alertmanager, guarded)] : []),
      ...(images.grafana === undefined ? [] : [pageOf("grafana", GRAFANA_PATH, refs.observability.grafana, guarded)]),
      ...(scaling ? [pageOf("autoscaler", AUTOSCALER_PATH, scaling.refs.autoscaler, guarded)] : []),
    ],
  });

  const { rules = [], ...prometheus } = environment.prometheus;
  new ObservabilityTier("observability", {
    platform,
    refs: refs.observability,
    image: images.prometheus,
    pathPrefix: PROMETHEUS_PATH,
    externalUrl: `${origin}${PROMETHEUS_PATH}`,
    targets: [...app.targets, ...data.targets, ...balancer.targets, ...(scaling?.targets ?? [])],
    balancer: environment.loadBalancer,
    ...(prometheus as Partial<ObservabilityOptions>),
    exporters: {
      image: images.exporters,
      probes: probesOf(environment, balancer.ref, ca.certificatePem),
    },
    rules: [...(scaling ? [autoscalerRules()] : []), ...(rules as RuleGroup[])],
    ...(alerting ? { alerting } : {}),
    ...(images.grafana === undefined ? {} : { grafana: { image: images.grafana, pathPrefix: GRAFANA_PATH } }),
  });

  await metricsAdapter(environment, platform, ca, scraper, PROMETHEUS_PATH);

  return {
    name,
    urls: {
      app: `${origin}/`,
      prometheus: `${origin}${PROMETHEUS_PATH}`,
      ...balancer.urls,
      ...(images.grafana === undefined ? {} : { grafana: `${origin}${GRAFANA_PATH}/` }),
      ...(alerting ? { alertmanager: `${origin}${ALERTMANAGER_PATH}` } : {}),
      ...(scaling ? { autoscaler: `${origin}${AUTOSCALER_PATH}/` } : {}),
    },
    caPem: ca.certificatePem,
    ...(monitoring.login ? { monitoringLogin: monitoring.login } : {}),
    ...(balancer.dashboardLogin ? { dashboardLogin: balancer.dashboardLogin } : {}),
    ...(scaling ? { autoscalerToken: scaling.token } : {}),
  };
}
