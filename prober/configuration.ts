import type { ProberConfiguration } from "@testbro/components/load-balancer/nginx";
import { z } from "zod";

const seconds = z.number().positive();
const count = z.int().positive();
const port = z.int().min(1).max(65_535);

const upstream = z.strictObject({
  host: z.string().min(1),
  port,
  check: z.union([z.strictObject({ path: z.string().startsWith("/"), host: z.string().min(1) }), z.strictObject({ tcp: z.literal(true) })]),
  tls: z.strictObject({ caFile: z.string().min(1), serverName: z.string().min(1) }).optional(),
  interval: seconds,
  timeout: seconds,
  failures: count,
  successes: count,
  backoff: z.strictObject({ initial: seconds, max: seconds }),
});

const configuration = z.strictObject({
  listen: z.string().regex(/^127\.\d+\.\d+\.\d+:\d+$/, "is not a loopback address with a port"),
  resolvers: z.array(z.string().min(1)).min(1),
  metrics: z.string().startsWith("/"),
  upstreams: z.array(upstream),
});

/** @throws Error with every problem of the text at once */
export function readConfiguration(text: string): ProberConfiguration {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const { success, data, error } = configuration.safeParse(json);
  if (!success) throw new Error(error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; "));
  return data as ProberConfiguration;
}

/** An address or name with its port. @param usual the port where none is said */
export function hostAndPort(text: string, usual: number): { host: string; port: number } {
  const match = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  return match ? { host: match[1] ?? match[2] ?? text, port: Number(match[3] ?? usual) } : { host: text, port: usual };
}
