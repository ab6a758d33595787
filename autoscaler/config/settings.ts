import { z } from "zod";
import { DEFAULTS } from "../core/policy";

/** Name of the Swarm config that says which instance may scale, where nothing else is set. */
export const LEASE_NAME = "testbro-autoscaler-lease";

const seconds = (least: number) => z.number().min(least).max(86_400);
const replicas = z.number().int().min(0).max(1000);

/** A rate of change: so many replicas, or percent of those there are, in a period. */
const rate = z
  .strictObject({ replicas: z.number().int().min(1).optional(), percent: z.number().min(1).optional(), period: seconds(1) })
  .refine((value) => value.replicas !== undefined || value.percent !== undefined, { error: "give replicas, percent or both" });

/** A Prometheus query as a signal. */
const query = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, { error: "lower-case letters, digits, - and _" }),
  kind: z.enum(["rate", "queue", "latency", "query"]),
  query: z.string().min(1),
  target: z.number().positive(),
  capacity: z.number().positive().optional(),
});

const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, { error: "host:port" });

/** A window in which other bounds hold. */
const schedule = z.strictObject({
  start: z.string().min(1),
  duration: seconds(60),
  timezone: z.string().default("UTC"),
  min: replicas.optional(),
  max: replicas.optional(),
});

/** Settings of one service. Percentages and targets as in `ServicePolicy`. */
export const serviceSchema = z.strictObject({
  enable: z.boolean().optional(),
  min: replicas.optional(),
  max: replicas.min(1).optional(),
  cpu: z.number().min(1).max(1000).optional(),
  memory: z.number().min(1).max(1000).optional(),
  queries: z.array(query).optional(),
  growth: z.array(rate).optional(),
  shrinking: z.array(rate).optional(),
  schedules: z.array(schedule).optional(),
  startUp: seconds(1).optional(),
  growDuringRollout: z.boolean().optional(),
});
export type ServiceSettings = z.infer<typeof serviceSchema>;

/** Settings of the daemon; the defaults of services are among them. */
export const settingsSchema = z.strictObject({
  checkInterval: seconds(5).default(DEFAULTS.checkInterval),
  fastInterval: seconds(1).default(DEFAULTS.fastInterval),
  min: replicas.default(DEFAULTS.min),
  max: replicas.min(1).default(DEFAULTS.max),
  cpu: z.number().min(1).max(1000).default(70),
  memory: z.number().min(1).max(1000).default(80),
  upCooldown: seconds(0).default(DEFAULTS.upCooldown),
  downCooldown: seconds(0).default(DEFAULTS.downCooldown),
  stabilization: seconds(0).default(DEFAULTS.stabilization),
  target: z.enum(["swarm", "compose"]).default("swarm"),
  project: z.string().optional(),
  docker: z.string().default("/var/run/docker.sock"),
  prometheus: z.url({ protocol: /^https?$/ }).optional(),
  state: z.string().default("/var/lib/testbro-autoscaler"),
  listen: address.default("127.0.0.1:9095"),
  tokenFile: z.string().optional(),
  slackWebhookFile: z.string().optional(),
  webhook: z.url({ protocol: /^https?$/ }).optional(),
  dryRun: z.boolean().default(false),
  gate: z.url({ protocol: /^http$/ }).optional(),
  gateTokenFile: z.string().optional(),
  gateListen: address.default("127.0.0.1:9096"),
  lease: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/, { error: "letters, digits, . _ and -" })
    .default(LEASE_NAME),
  pathPrefix: z
    .string()
    .regex(/^(\/[a-zA-Z0-9_.-]+)*\/?$/, { error: "a path like /autoscaler" })
    .default("/"),
  requestsQuery: z.string().optional(),
  latencyQuery: z.string().optional(),
  queueQuery: z.string().optional(),
  services: z.record(z.string(), serviceSchema).default({}),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Environment variables and the setting each gives; the first seven are the mission's names. */
export const VARIABLES: Readonly<Record<string, { readonly key: keyof Settings; readonly kind: "number" | "text" | "boolean" }>> = {
  CHECK_INTERVAL: { key: "checkInterval", kind: "number" },
  MIN_REPLICAS: { key: "min", kind: "number" },
  MAX_REPLICAS: { key: "max", kind: "number" },
  CPU_THRESHOLD: { key: "cpu", kind: "number" },
  MEMORY_THRESHOLD: { key: "memory", kind: "number" },
  SCALE_UP_COOLDOWN: { key: "upCooldown", kind: "number" },
  SCALE_DOWN_COOLDOWN: { key: "downCooldown", kind: "number" },
  STABILIZATION_WINDOW: { key: "stabilization", kind: "number" },
  FAST_INTERVAL: { key: "fastInterval", kind: "number" },
  AUTOSCALER_TARGET: { key: "target", kind: "text" },
  AUTOSCALER_PROJECT: { key: "project", kind: "text" },
  AUTOSCALER_DOCKER: { key: "docker", kind: "text" },
  AUTOSCALER_STATE: { key: "state", kind: "text" },
  AUTOSCALER_LISTEN: { key: "listen", kind: "text" },
  AUTOSCALER_TOKEN_FILE: { key: "tokenFile", kind: "text" },
  AUTOSCALER_DRY_RUN: { key: "dryRun", kind: "boolean" },
  AUTOSCALER_GATE: { key: "gate", kind: "text" },
  AUTOSCALER_GATE_TOKEN_FILE: { key: "gateTokenFile", kind: "text" },
  AUTOSCALER_GATE_LISTEN: { key: "gateListen", kind: "text" },
  AUTOSCALER_LEASE: { key: "lease", kind: "text" },
  AUTOSCALER_PATH_PREFIX: { key: "pathPrefix", kind: "text" },
  AUTOSCALER_REQUESTS_QUERY: { key: "requestsQuery", kind: "text" },
  AUTOSCALER_LATENCY_QUERY: { key: "latencyQuery", kind: "text" },
  AUTOSCALER_QUEUE_QUERY: { key: "queueQuery", kind: "text" },
  PROMETHEUS_URL: { key: "prometheus", kind: "text" },
  SLACK_WEBHOOK_FILE: { key: "slackWebhookFile", kind: "text" },
  NOTIFY_WEBHOOK_URL: { key: "webhook", kind: "text" },
};
