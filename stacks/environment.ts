import { z } from "zod";
import {
  checkAlerting,
  checkRules,
  checkSettings,
  settingsOf,
  type ObservabilityOptions,
  type Receivers,
  type RuleGroup,
} from "@testbro/components/observability";
import { bytes, mergeOptions, millicores } from "@testbro/components/workload";
import { checkAcmeConfig } from "./acme";
import { checkBalancerConfig } from "./balancer-config";
import { checkMetricsAdapter } from "./metrics-adapter";
import {
  type AcmeConfig,
  type AlertingConfig,
  type BALANCERS,
  type ImageName,
  type KubernetesConfig,
  type OPTIONAL_IMAGES,
  type PLATFORMS,
  type PrometheusConfig,
  schema,
  type TierConfig,
} from "./schema";
import { presets, type BalancerPreset, type PartPreset, type SIZES, type SizePreset, type TierPreset } from "./sizes";

export { IMAGE_NAMES, PLATFORMS, type ImageName, type KubernetesConfig } from "./schema";

/** A tier with everything configuration can say of it. */
export type TierEnvironment = TierPreset & { version: string; env: Record<string, string> };

/** Whether the auto-scaler runs, and its paces; seconds. */
export interface AutoScalerEnvironment {
  enabled: boolean;
  dryRun: boolean;
  checkInterval?: number;
  fastInterval?: number;
  upCooldown?: number;
  downCooldown?: number;
  stabilization?: number;
  slackWebhook?: string;
}

/** A stack's configuration, validated and complete: what the tiers are built from. */
export interface Environment {
  name: string;
  platform: (typeof PLATFORMS)[number];
  size: (typeof SIZES)[number];
  domain: string;
  httpPort: number;
  httpsPort: number;
  /** Where the balancer's certificates come from; empty: the own authority alone. */
  acme: AcmeConfig;
  images: Record<Exclude<ImageName, "autoscaler">, string> &
    Partial<Record<"autoscaler" | "grafana" | (typeof OPTIONAL_IMAGES)[number], string>>;
  loadBalancer: (typeof BALANCERS)[number];
  /** Who may see Traefik's dashboard, besides the machine itself with `monitoringAccess: host`. */
  dashboardAddresses: string[];
  backend: TierEnvironment;
  frontend: TierEnvironment;
  balancer: BalancerPreset;
  postgres: PartPreset;
  redis: PartPreset;
  prometheus: PartPreset & Omit<PrometheusConfig, keyof PartPreset>;
  /** Who is told of alerts; empty: nobody. */
  alerting: AlertingConfig;
  /** Which cluster; empty on other platforms. */
  kubernetes: KubernetesConfig;
  autoscaler: AutoScalerEnvironment;
  engine: { socket: string; group?: number };
  encryptedNetworks: boolean;
  monitoringAccess: "host" | "password";
  suspended: boolean;
  /** Mark of the state that deploys the stack, as a label on everything; empty: none. */
  owner: string;
}

/** Thrown by {@link readEnvironment}; its message names every wrong key with its value and the fix. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Characters of a secret value that a refusal shows. */
const SHOWN = 8;

/** Keys a stack may set. */
export const CONFIG_KEYS = Object.keys(schema.shape);

/** Keys that are known where `path` leads. */
function knownKeys(path: readonly string[]): string[] {
  let at: unknown = schema;
  for (const step of path) {
    at = at instanceof z.ZodOptional ? at.unwrap() : at;
    at = at instanceof z.ZodObject ? (at.shape as Record<string, unknown>)[step] : undefined;
  }
  at = at instanceof z.ZodOptional ? at.unwrap() : at;
  return at instanceof z.ZodObject ? Object.keys(at.shape as object) : [];
}

/** What a value that fits none of several forms should have been. */
function unionMessage(path: readonly string[]): string {
  if (path.includes("storage")) return 'not a quantity; write e.g. "10Gi"';
  if (path.includes("scale")) return "not a scale; write { replicas: N } or { min, max, cpu, memory, requestsPerSecond }, all above 0";
  if (path.includes("challenge")) return 'not a challenge; write "http-01" or { dns: { provider, secrets, env, wait } }';
  if (path.includes("rules")) return "not a rule; write { record, expr } or { alert, expr, forSeconds, severity, summary, description }";
  return path.includes("resources") ? 'not a quantity; write e.g. "500m" for cpu, "256Mi" for memory' : "write text";
}

/** A key's path as pulumi writes it, e.g. alerting.webhooks[0].url. */
function keyOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .slice(1);
}

function describeIssue(project: string, given: Record<string, unknown>, issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  const key = `${project}:${keyOf(issue.path)}`;
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((name) => `${project}:${keyOf([...issue.path, name])}`).join(", ");
    return `${unknown}: not a configuration key. Fix: remove it, or write one of ${knownKeys(path).join(", ")}.`;
  }
  const value = path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined),
    given,
  );
  const fix = `Fix: set it in Pulumi.<stack>.yaml, or with pulumi config set --path '${key}' VALUE.`;
  if (value === undefined) return `${key}: is missing. ${fix}`;
  const message = issue.code === "invalid_union" ? unionMessage(path) : issue.message;
  return `${key}: ${shown(path, value)}: ${message}. ${fix}`;
}

/** A value as it may be printed: of an address or a password only its beginning, enough to see a slip. */
function shown(path: readonly string[], value: unknown): string {
  // Credentials are somewhere in it.
  if (path.includes("challenge") && (typeof value === "object" || path.includes("secrets"))) return "what is given";
  if (typeof value !== "string" || !["url", "slackWebhook", "password"].includes(path.at(-1) ?? "")) return JSON.stringify(value);
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
}

function complete(preset: TierPreset, given: TierConfig): TierEnvironment {
  const fixed = given.scale && "replicas" in given.scale;
  return {
    scale: fixed ? { ...given.scale } : ({ ...preset.scale, ...given.scale } as TierPreset["scale"]),
    resources: {
      limits: { ...preset.resources.limits, ...given.resources?.limits },
      reservations: { ...preset.resources.reservations, ...given.resources?.reservations },
    },
    version: given.version ?? "1",
    env: given.env ?? {},
  } as TierEnvironment;
}

/** A preset with the configuration's own values laid over it, field by field. */
function laidOver<Preset extends PartPreset>(preset: Preset, given: object): Preset {
  return mergeOptions<PartPreset>(preset, given) as Preset;
}

function completeAll(preset: SizePreset, config: z.infer<typeof schema>): Environment {
  return {
    ...(config as Omit<typeof config, "autoscaler" | "engine"> & Pick<Environment, "autoscaler" | "engine">),
    backend: complete(preset.backend, config.backend),
    frontend: complete(preset.frontend, config.frontend),
    balancer: laidOver(preset.balancer, config.balancer),
    postgres: laidOver(preset.postgres, config.postgres),
    redis: laidOver(preset.redis, config.redis),
    prometheus: laidOver(preset.prometheus, config.prometheus),
  };
}

function checkTier(project: string, name: "backend" | "frontend", { scale: bounds, resources }: TierEnvironment): string[] {
  const problems: string[] = [];
  if ("min" in bounds && bounds.min > bounds.max) {
    problems.push(`${project}:${name}.scale.min: ${bounds.min} is above max ${bounds.max}. Fix: lower min or raise max.`);
  }
  for (const [key, parse] of [
    ["cpu", millicores],
    ["memory", bytes],
  ] as const) {
    if (parse(resources.reservations[key]) > parse(resources.limits[key])) {
      problems.push(
        `${project}:${name}.resources.reservations.${key}: ${resources.reservations[key]} is above the limit ${resources.limits[key]}. Fix: reserve at most the limit.`,
      );
    }
  }
  return problems;
}

/** First and last port a node can publish (kube-apiserver, `--service-node-port-range`). */
const NODE_PORTS = { first: 30000, last: 32767 };

function checkKubernetes(project: string, environment: Environment): string[] {
  const { kubernetes } = environment;
  const problems: string[] = [];
  if (kubernetes.context === undefined) {
    problems.push(
      `${project}:kubernetes.context: is missing, and the current context is never taken by surprise. Fix: pulumi config set --path '${project}:kubernetes.context' CONTEXT (kubectl config get-contexts lists them).`,
    );
  }
  if (environment.monitoringAccess === "host") {
    problems.push(`${project}:monitoringAccess: "host" cannot be told from any other client on Kubernetes. Fix: write password.`);
  }
  if (kubernetes.publish === "NodePort") {
    for (const key of ["httpPort", "httpsPort"] as const) {
      if (environment[key] >= NODE_PORTS.first && environment[key] <= NODE_PORTS.last) continue;
      problems.push(
        `${project}:${key}: ${environment[key]} cannot be a port of every node. Fix: give one from ${NODE_PORTS.first} to ${NODE_PORTS.last}, or set ${project}:kubernetes.publish to LoadBalancer.`,
      );
    }
  }
  return problems;
}

/** What only shows once preset and overrides are together. */
function checkTogether(project: string, environment: Environment): string[] {
  const problems = [
    ...checkTier(project, "backend", environment.backend),
    ...checkTier(project, "frontend", environment.frontend),
    ...checkObservability(project, environment),
    ...checkAcmeConfig(project, environment),
    ...checkBalancerConfig(project, environment),
    ...checkMetricsAdapter(project, environment),
    ...(environment.platform === "kubernetes" ? checkKubernetes(project, environment) : checkSwarm(project, environment)),
  ];
  if (environment.httpPort === environment.httpsPort) {
    problems.push(`${project}:httpPort: ${environment.httpPort} is also httpsPort. Fix: give each its own port.`);
  }
  return problems;
}

/** The component's own checks, here already: a tier that refuses later would leave half a stack behind. */
function checkObservability(project: string, { alerting, prometheus }: Environment): string[] {
  const { rules = [], ...options } = prometheus;
  return [
    ...(Object.keys(alerting).length === 0 ? [] : checkAlerting(`${project}:alerting`, alerting as Receivers)),
    ...checkSettings(`${project}:prometheus`, settingsOf(options as Partial<ObservabilityOptions>)),
    ...checkRules(`${project}:prometheus`, rules as RuleGroup[]),
  ].map(({ path, message, fix }) => `${path}: ${message}. Fix: ${fix}.`);
}

function checkSwarm(project: string, environment: Environment): string[] {
  const problems: string[] = [];
  if (environment.autoscaler.enabled && environment.engine.group === undefined) {
    problems.push(
      `${project}:engine.group: is missing, and the auto-scaler's gate needs it. Fix: write the number that stat -c %g ${environment.engine.socket} prints on the node, or set ${project}:autoscaler.enabled to false.`,
    );
  }
  if (environment.autoscaler.enabled && environment.images.autoscaler === undefined) {
    problems.push(
      `${project}:images.autoscaler: is missing. Fix: set it in Pulumi.<stack>.yaml, or set ${project}:autoscaler.enabled to false.`,
    );
  }
  if (environment.size === "large") {
    problems.push(`${project}:size: "large" is for Kubernetes. Fix: write small, or set ${project}:platform to kubernetes.`);
  }
  if (Object.keys(environment.kubernetes).length > 0) {
    problems.push(
      `${project}:kubernetes: is set, but the platform is ${environment.platform}. Fix: remove it, or set ${project}:platform to kubernetes.`,
    );
  }
  return problems;
}

/**
 * The environment a stack's configuration describes.
 * @param project the Pulumi project, which starts every key
 * @param given configuration values by key, without the project
 * @throws ConfigurationError naming every wrong key at once
 */
export function readEnvironment(project: string, given: Record<string, unknown>): Environment {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigurationError(parsed.error.issues.map((issue) => describeIssue(project, given, issue)).join("\n"));
  }
  const environment = completeAll(presets[parsed.data.size], parsed.data);
  const problems = checkTogether(project, environment);
  if (problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  return environment;
}
