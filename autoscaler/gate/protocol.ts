import { z } from "zod";

/** Questions the gate answers, all of them POST with a JSON body; anything else is 404. */
export const PATHS = {
  services: "/v1/services",
  scale: "/v1/scale",
  stats: "/v1/stats",
  containers: "/v1/containers",
  lease: "/v1/lease",
  health: "/health",
} as const;

/** The gate's answer where the engine is no manager: another node's gate has to be asked (RFC 9110, 15.5.20). */
export const NOT_A_MANAGER = 421;

/** More replicas of one service are a mistake, whoever asks. */
const MOST_REPLICAS = 1000;

/** Longer lists would hold the engine up. A Swarm's default network has 254 addresses. */
const MOST_CONTAINERS = 1000;

const base = z.number().positive().optional();

/** Bodies of the questions; an unknown key is refused, so that nothing but these can ever be asked for. */
export const BODIES = {
  services: z.strictObject({}),
  scale: z.strictObject({
    service: z
      .string()
      .max(128)
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, { error: "is no service's name" }),
    count: z.number().int().min(0).max(MOST_REPLICAS),
    during: z.literal("rollout").optional(),
  }),
  stats: z.strictObject({
    containers: z.array(z.string().regex(/^[0-9a-f]{12,64}$/, { error: "is no container's id" })).max(MOST_CONTAINERS),
    cpuBase: base,
    memoryBase: base,
  }),
  containers: z.strictObject({}),
  lease: z.strictObject({ holder: z.uuid(), release: z.boolean().default(false) }),
} as const;

export type StatsBody = z.infer<typeof BODIES.stats>;
