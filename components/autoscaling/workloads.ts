import type * as pulumi from "@pulumi/pulumi";
import { mergeOptions, overrideWorkload, type ProbeTiming, type Ref, type Resources, type Secret, type Workload } from "../workload";
import {
  AUTOSCALER_PORTS,
  GATE_PORTS,
  type AutoScalerOptions,
  type AutoScalerRefs,
  type MetricsSource,
  type ScalingQueries,
} from "./options";

/** User of the image's process. */
const USER = { uid: 10001, gid: 10001 };
const RESOURCES: Resources = { limits: { cpu: "500m", memory: "256Mi" }, reservations: { cpu: "50m", memory: "128Mi" } };
const TIMING: Required<ProbeTiming> = { interval: 5, timeout: 10, retries: 3, startPeriod: 60 };

/** Paths in the containers. */
const PATHS = {
  socket: "/var/run/docker.sock",
  state: "/var/lib/testbro-autoscaler",
  gateToken: "/run/secrets/gate-token",
  token: "/run/secrets/autoscaler-token",
  slack: "/run/secrets/slack-webhook",
} as const;

/** Scrapes a rate looks back over: one may be missed, and the newest is a third of it. */
const SCRAPES = 3;

/** Secrets as the platform holds them. */
export interface AutoScalerSecrets {
  gateToken: Secret;
  token: Secret;
  slack?: Secret;
}

function queriesOf(options: AutoScalerOptions, source: MetricsSource): ScalingQueries {
  const window = `${SCRAPES * (source.scrapeInterval ?? 5)}s`;
  const selector = `workload="$service",route!~"/health(/.*)?"`;
  return {
    requests: `sum(rate(testbro_http_requests_total{${selector}}[${window}]))`,
    latency: `histogram_quantile($quantile, sum by (le) (rate(testbro_http_request_duration_seconds_bucket{${selector}}[1m])))`,
    queue: `max(testbro_queue_jobs{state="waiting",workload="$service"})`,
    ...options.queries,
  };
}

function address(ref: Ref, path = ""): string {
  return `http://${ref.host}:${ref.ports["http"] ?? ""}${path}`;
}

function withoutUndefined<T>(values: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined));
}

/** The daemon: no socket, no capability, one volume for what it remembers. */
export function autoscalerWorkload(refs: AutoScalerRefs, options: AutoScalerOptions, secrets: AutoScalerSecrets): Workload {
  const { prometheus } = options;
  const queries = prometheus && queriesOf(options, prometheus);
  const number = (value: number | undefined) => (value === undefined ? undefined : String(value));
  const base: Workload = {
    kind: "stateful",
    image: options.image,
    env: withoutUndefined<pulumi.Input<string>>({
      AUTOSCALER_LISTEN: `0.0.0.0:${AUTOSCALER_PORTS.http}`,
      AUTOSCALER_PATH_PREFIX: options.pathPrefix ?? "/autoscaler",
      AUTOSCALER_STATE: PATHS.state,
      AUTOSCALER_TOKEN_FILE: PATHS.token,
      AUTOSCALER_GATE: address(refs.gate),
      AUTOSCALER_GATE_TOKEN_FILE: PATHS.gateToken,
      AUTOSCALER_DRY_RUN: options.dryRun ? "true" : undefined,
      CHECK_INTERVAL: number(options.checkInterval),
      FAST_INTERVAL: number(options.fastInterval),
      SCALE_UP_COOLDOWN: number(options.upCooldown),
      SCALE_DOWN_COOLDOWN: number(options.downCooldown),
      STABILIZATION_WINDOW: number(options.stabilization),
      PROMETHEUS_URL: prometheus && address(prometheus.ref, prometheus.pathPrefix ?? "/prometheus"),
      AUTOSCALER_REQUESTS_QUERY: queries?.requests,
      AUTOSCALER_LATENCY_QUERY: queries?.latency,
      AUTOSCALER_QUEUE_QUERY: queries?.queue,
      SLACK_WEBHOOK_FILE: secrets.slack && PATHS.slack,
    }),
    secrets: {
      [PATHS.token]: secrets.token,
      [PATHS.gateToken]: secrets.gateToken,
      ...(secrets.slack ? { [PATHS.slack]: secrets.slack } : {}),
    },
    ports: [{ name: "http", container: AUTOSCALER_PORTS.http }],
    metrics: { port: "http", path: "/metrics", ...(options.scraper ? { scraper: options.scraper } : {}) },
    health: { live: { http: { port: "http", path: "/health" }, ...TIMING, ...options.health } },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    // The old one gives its lease back before the new one asks for it.
    update: { order: "stop-first" },
    stop: { grace: 15 },
    security: { user: USER, writable: ["/tmp"] },
    volumes: [{ name: "state", path: PATHS.state, size: "1Gi" }],
    connects: [refs.gate, ...(prometheus ? [prometheus.ref] : [])],
    ...(options.slackWebhook === undefined ? {} : { outside: [{ ports: [443] }] }),
  };
  return overrideWorkload(base, options.workload);
}

/** The gate: the only process with the engine's socket, and nothing but that. */
export function gateWorkload(platformPrefix: string, options: AutoScalerOptions, secrets: AutoScalerSecrets): Workload {
  const base: Workload = {
    kind: options.everyNode ? "daemon" : "service",
    image: options.image,
    args: ["gate"],
    env: {
      AUTOSCALER_GATE_LISTEN: `0.0.0.0:${GATE_PORTS.http}`,
      AUTOSCALER_GATE_TOKEN_FILE: PATHS.gateToken,
      AUTOSCALER_DOCKER: PATHS.socket,
      // Other stacks of the same Swarm are none of its business.
      AUTOSCALER_PROJECT: platformPrefix,
      AUTOSCALER_LEASE: `${platformPrefix}-autoscaler-lease`,
      AUTOSCALER_STATE: "/tmp",
    },
    secrets: { [PATHS.gateToken]: secrets.gateToken },
    ports: [{ name: "http", container: GATE_PORTS.http }],
    // Asks the engine: a mount of a socket that is not there any more heals only with a new container.
    health: { live: { http: { port: "http", path: "/health" }, ...TIMING, ...options.health } },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: 1 },
    stop: { grace: 15 },
    security: { user: USER, groups: [options.engineGroup], writable: ["/tmp"] },
    hostSockets: { [PATHS.socket]: options.engineSocket ?? "/var/run/docker.sock" },
    policyExemptions: {
      "hardening-runtime-socket":
        "this is the filtering gate in front of the socket: it only counts, and sets the replica count of labelled services",
      "availability-replicas": "while it restarts the auto-scaler waits, and nothing is changed",
      "hardening-host-path": "the engine's socket, which the gate is in front of",
    },
  };
  return overrideWorkload(base, options.gateWorkload);
}
