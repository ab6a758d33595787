import { z } from "zod";
import { bytes, millicores } from "@testbro/components/workload";
import { presets, SIZES, type TierPreset } from "./sizes";

/** Parts of the stack that need an image. */
export const IMAGE_NAMES = ["nginx", "backend", "frontend", "postgres", "redis", "prometheus", "exporters"] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

/** Platforms a stack can run on. */
export const PLATFORMS = ["swarm"] as const;

/** A stack's configuration, validated and complete: what the tiers are built from. */
export interface Environment {
  name: string;
  platform: (typeof PLATFORMS)[number];
  size: (typeof SIZES)[number];
  domain: string;
  httpPort: number;
  httpsPort: number;
  images: Record<ImageName, string>;
  backend: TierPreset & { version: string; env: Record<string, string> };
  frontend: TierPreset & { version: string; env: Record<string, string> };
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

function quantity(parse: (text: string | number) => number, example: string): z.ZodType<string | number> {
  return z.union([z.string(), z.number()]).superRefine((given, context) => {
    try {
      if (parse(given) > 0) return;
      context.addIssue({ code: "custom", message: `${given} is zero; give a positive amount, e.g. ${example}` });
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  });
}

const amount = z.strictObject({ cpu: quantity(millicores, '"500m"').optional(), memory: quantity(bytes, '"256Mi"').optional() });
const count = z.number().int().min(1);
const percent = z.number().positive();

/** Text, also where Pulumi's command line has turned it into a number or a boolean. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const scale = z.union([
  z.strictObject({ replicas: count }),
  z.strictObject({
    min: count.optional(),
    max: count.optional(),
    cpu: percent.optional(),
    memory: percent.optional(),
    requestsPerSecond: percent.optional(),
  }),
]);

const tier = z.strictObject({
  scale: scale.optional(),
  resources: z.strictObject({ limits: amount.optional(), reservations: amount.optional() }).optional(),
  version: text.optional(),
  env: z.record(z.string(), text).optional(),
});

const port = z.number().int().min(1).max(65535);

const schema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/,
      "write 1 to 20 lower-case letters, digits and hyphens, starting with a letter, e.g. testbro",
    ),
  platform: z.enum(PLATFORMS),
  size: z.enum(SIZES),
  domain: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, "write a host name, e.g. testbro.example"),
  httpPort: port,
  httpsPort: port,
  images: z.strictObject(Object.fromEntries(IMAGE_NAMES.map((name) => [name, z.string().min(1)])) as Record<ImageName, z.ZodString>),
  backend: tier,
  frontend: tier,
  encryptedNetworks: z.boolean(),
  monitoringAccess: z.enum(["host", "password"]),
  suspended: z.boolean(),
  owner: z.string().regex(/^[a-zA-Z0-9-]*$/, "write letters, digits and hyphens, or nothing"),
});

/** Keys a stack may set. */
export const CONFIG_KEYS = Object.keys(schema.shape);

type Tier = z.infer<typeof tier>;

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
  if (path.includes("scale")) return "not a scale; write { replicas: N } or { min, max, cpu, memory, requestsPerSecond }, all above 0";
  return path.includes("resources") ? 'not a quantity; write e.g. "500m" for cpu, "256Mi" for memory' : "write text";
}

function describeIssue(project: string, given: Record<string, unknown>, issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  const key = `${project}:${path.join(".")}`;
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((name) => `${project}:${[...path, name].join(".")}`).join(", ");
    return `${unknown}: not a configuration key. Fix: remove it, or write one of ${knownKeys(path).join(", ")}.`;
  }
  const value = path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined),
    given,
  );
  const fix = `Fix: set it in Pulumi.<stack>.yaml, or with pulumi config set --path '${key}' VALUE.`;
  if (value === undefined) return `${key}: is missing. ${fix}`;
  const message = issue.code === "invalid_union" ? unionMessage(path) : issue.message;
  return `${key}: ${JSON.stringify(value)}: ${message}. ${fix}`;
}

function complete(preset: TierPreset, given: Tier): Environment["backend"] {
  const fixed = given.scale && "replicas" in given.scale;
  return {
    scale: fixed ? { ...given.scale } : ({ ...preset.scale, ...given.scale } as TierPreset["scale"]),
    resources: {
      limits: { ...preset.resources.limits, ...given.resources?.limits },
      reservations: { ...preset.resources.reservations, ...given.resources?.reservations },
    },
    version: given.version ?? "1",
    env: given.env ?? {},
  } as Environment["backend"];
}

/** What only shows once preset and overrides are together. */
function checkTogether(project: string, environment: Environment): string[] {
  const problems: string[] = [];
  for (const name of ["backend", "frontend"] as const) {
    const { scale: bounds, resources } = environment[name];
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
  }
  if (environment.httpPort === environment.httpsPort) {
    problems.push(`${project}:httpPort: ${environment.httpPort} is also httpsPort. Fix: give each its own port.`);
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
  const config = parsed.data;
  const preset = presets[config.size];
  const environment: Environment = {
    ...config,
    backend: complete(preset.backend, config.backend),
    frontend: complete(preset.frontend, config.frontend),
  };
  const problems = checkTogether(project, environment);
  if (problems.length > 0) throw new ConfigurationError(problems.join("\n"));
  return environment;
}
