import { z } from "zod";
import { SEVERITIES } from "@testbro/components/observability";
import { bytes, millicores } from "@testbro/components/workload";
import { SIZES } from "./sizes";

/** Parts of the stack that need an image, each of which can be built here. */
export const IMAGE_NAMES = ["nginx", "backend", "frontend", "postgres", "redis", "prometheus", "exporters", "autoscaler"] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

/** Images of parts that a stack has only when it is told to. */
export const OPTIONAL_IMAGES = ["acme", "traefik", "discovery", "metrics-adapter"] as const;

/** What may stand in front of the app. */
export const BALANCERS = ["nginx", "traefik"] as const;

/** Platforms a stack can run on. */
export const PLATFORMS = ["swarm", "kubernetes"] as const;

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
const resources = z.strictObject({ limits: amount.optional(), reservations: amount.optional() });
const count = z.number().int().min(1);
/** A number, also as the text that Pulumi's command line leaves where one has a decimal point. */
const percent = z.preprocess(
  (given) => (typeof given === "string" && /^\d*\.\d+$/.test(given) ? Number(given) : given),
  z.number().positive(),
);
const seconds = z.number().int().min(0).max(3600);

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
  resources: resources.optional(),
  version: text.optional(),
  env: z.record(z.string(), text).optional(),
});
export type TierConfig = z.infer<typeof tier>;

const part = z.strictObject({ resources: resources.optional(), storage: quantity(bytes, '"10Gi"').optional() });
const balancer = z.strictObject({
  replicas: count.optional(),
  resources: resources.optional(),
  // Whoever stands in front and says who the client is: an ingress controller, a CDN.
  trustedProxies: z.strictObject({ ranges: z.array(z.string().min(1)).min(1), header: z.string().min(1).optional() }).optional(),
});

const port = z.number().int().min(1).max(65535);
const range = z.string().regex(/^[0-9a-f.:]+\/\d{1,3}$/i, "write an address range, e.g. 10.96.0.1/32");

const metric = z.strictObject({
  type: z.enum(["Pods", "External"]),
  name: z.string().min(1),
  labels: z.record(z.string(), text).optional(),
});

/** What the cluster has in front of its apps, and who issues the certificate that clients see there. */
const entrance = z
  .strictObject({
    kind: z.enum(["Ingress", "Gateway"]),
    className: z.string().min(1),
    issuer: z.strictObject({ name: z.string().min(1), kind: z.enum(["ClusterIssuer", "Issuer"]).optional() }).optional(),
    secretName: z.string().min(1).optional(),
    annotations: z.record(z.string(), text).optional(),
  })
  .refine(({ issuer, secretName }) => (issuer === undefined) !== (secretName === undefined), {
    error: "write either issuer, by which cert-manager issues the certificate, or secretName, a Secret that has it",
  });

/** Which cluster, and what is special about it. Everything but `context` has the platform's default. */
const kubernetes = z.strictObject({
  context: z.string().min(1).optional(),
  kubeconfig: z.string().min(1).optional(),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "write at most 63 lower-case letters, digits and hyphens, e.g. testbro-production")
    .refine((name) => name !== "default" && !name.startsWith("kube-"), "is the cluster's own; give the app one of its own")
    .optional(),
  createNamespace: z.boolean().optional(),
  storageClass: z.string().min(1).optional(),
  publish: z.enum(["LoadBalancer", "NodePort", "ClusterIP"]).optional(),
  externalTrafficPolicy: z.enum(["Local", "Cluster"]).optional(),
  publishAnnotations: z.record(z.string(), text).optional(),
  drainSeconds: seconds.optional(),
  entrance: entrance.optional(),
  clusterDomain: z.string().min(1).optional(),
  resolvers: z.array(z.string().min(1)).min(1).optional(),
  apiServer: z.strictObject({ cidrs: z.array(range).min(1), ports: z.array(port).min(1).optional() }).optional(),
  nodes: z
    .strictObject({
      watch: z.boolean().optional(),
      port: port.optional(),
      cidrs: z.array(range).min(1).optional(),
      verifyKubelets: z.boolean().optional(),
    })
    .optional(),
  dnsSeconds: seconds.optional(),
  scaleDownSeconds: seconds.optional(),
  requestsMetric: metric.optional(),
  priorityClasses: z.boolean().optional(),
  imagePullSecrets: z.array(z.string().min(1)).optional(),
});
export type KubernetesConfig = z.infer<typeof kubernetes>;

const pace = (least: number) => z.number().min(least).max(86_400).optional();

/** Whether the auto-scaler runs, and its paces in seconds. */
const autoscaler = z.strictObject({
  enabled: z.boolean().default(true),
  dryRun: z.boolean().default(false),
  checkInterval: pace(5),
  fastInterval: pace(1),
  upCooldown: pace(0),
  downCooldown: pace(0),
  stabilization: pace(0),
  slackWebhook: z.url({ protocol: /^https?$/, error: "write the address of an incoming webhook" }).optional(),
});

const httpAddress = z.url({ protocol: /^https?$/, error: 'write an http or https address, e.g. "https://alerts.example.org/hook"' });
const receiverName = text.optional();
const names = z.array(text);

/** Who is told of alerts; what the values mean together is checked by the component's own `checkAlerting`. */
const alerting = z.strictObject({
  slack: z.array(z.strictObject({ name: receiverName, url: httpAddress, channel: text })).optional(),
  webhooks: z.array(z.strictObject({ name: receiverName, url: httpAddress })).optional(),
  email: z
    .array(
      z.strictObject({
        name: receiverName,
        to: z.array(text),
        from: text,
        server: text,
        user: text.optional(),
        password: text.optional(),
        requireTls: z.boolean().optional(),
      }),
    )
    .optional(),
  routes: z.strictObject({ critical: names.optional(), warning: names.optional() }).optional(),
  groupWait: z.number().optional(),
  groupInterval: z.number().optional(),
  repeatInterval: z.number().optional(),
});
export type AlertingConfig = z.infer<typeof alerting>;

const thresholds = z.strictObject({
  errorRatio: percent.optional(),
  latencySeconds: percent.optional(),
  queueJobs: percent.optional(),
  redisMemory: percent.optional(),
  postgresConnections: percent.optional(),
  containerMemory: percent.optional(),
  containerCpu: percent.optional(),
  nodeMemory: percent.optional(),
  nodeCpu: percent.optional(),
  diskUsed: percent.optional(),
  certificateDays: percent.optional(),
  backupHours: percent.optional(),
});
const objectives = z.strictObject({ availability: percent.optional(), latency: percent.optional(), latencySeconds: percent.optional() });
const rule = z.union([
  z.strictObject({ record: text, expr: text }),
  z.strictObject({
    alert: text,
    expr: text,
    forSeconds: z.number(),
    severity: z.enum(SEVERITIES),
    labels: z.record(z.string(), text).optional(),
    summary: text,
    description: text,
    runbook: text.optional(),
  }),
]);

/** What is kept, for how long, and which alerts there are beside the built-in ones. */
const prometheus = part.extend({
  retention: z.strictObject({ days: count.optional(), size: quantity(bytes, '"4Gi"').optional() }).optional(),
  thresholds: thresholds.optional(),
  objectives: objectives.optional(),
  runbooks: httpAddress.optional(),
  rules: z.array(z.strictObject({ name: text, rules: z.array(rule) })).optional(),
});
export type PrometheusConfig = z.infer<typeof prometheus>;

/** Certificates from an ACME authority; what the values mean is checked by the component's own `checkAcme`. */
const acme = z.strictObject({
  email: text.optional(),
  directory: text.optional(),
  directoryCa: text.optional(),
  challenge: z
    .union([
      z.literal("http-01"),
      z.strictObject({
        dns: z.strictObject({
          provider: text,
          secrets: z.record(z.string(), text).optional(),
          env: z.record(z.string(), text).optional(),
          wait: z.number().optional(),
        }),
      }),
    ])
    .optional(),
  keyType: text.optional(),
  renewDaysBefore: z.number().optional(),
});
export type AcmeConfig = z.infer<typeof acme>;

/** The node's Docker engine. */
const engine = z.strictObject({
  socket: z.string().regex(/^\/[^\0]*[^/\0]$/, "write the path of the engine's socket on the node, e.g. /var/run/docker.sock"),
  group: z.number().int().min(0).optional(),
});

const image = z.string().min(1);

/** Every key a stack may set, with what it accepts. */
export const schema = z.strictObject({
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
  acme,
  images: z.strictObject({
    ...(Object.fromEntries(IMAGE_NAMES.map((name) => [name, image])) as Record<ImageName, typeof image>),
    // Kubernetes scales by itself; where the auto-scaler runs, its image is asked for.
    autoscaler: image.optional(),
    // Nobody can build it here; where its image is given, it runs.
    grafana: image.optional(),
    ...(Object.fromEntries(OPTIONAL_IMAGES.map((name) => [name, image.optional()])) as Record<
      (typeof OPTIONAL_IMAGES)[number],
      z.ZodOptional<typeof image>
    >),
  }),
  backend: tier,
  frontend: tier,
  loadBalancer: z.enum(BALANCERS),
  dashboardAddresses: z.array(z.string().regex(/^[0-9a-f.:]+(\/\d{1,3})?$/i, "write an address or a range, e.g. 192.0.2.0/24")),
  balancer,
  postgres: part,
  redis: part,
  prometheus,
  alerting,
  kubernetes,
  autoscaler,
  engine,
  encryptedNetworks: z.boolean(),
  monitoringAccess: z.enum(["host", "password"]),
  suspended: z.boolean(),
  owner: z.string().regex(/^[a-zA-Z0-9-]*$/, "write letters, digits and hyphens, or nothing"),
});
