import { bytes, mergeOptions, millicores, type Problem, type Resources, type WritableDirectory } from "../../workload";
import type { NginxLoadBalancerOptions } from "./options";
import { BODY_DIRECTORY, bodySpaceOf } from "./render";

const RESOURCES: Resources = {
  limits: { cpu: 1, memory: "256Mi" },
  reservations: { cpu: "100m", memory: "128Mi" },
};

/** The least that nginx itself, its Lua included, and the connections of a worker need. KiB. */
const LEAST_DATA_KIB = 32 * 1024;

/** What the balancer's container may use, with everything that is laid over it. */
export function resourcesOf({ resources, workload }: NginxLoadBalancerOptions): Resources {
  return mergeOptions(mergeOptions(RESOURCES, resources), workload?.resources);
}

function resizes({ routes }: NginxLoadBalancerOptions): boolean {
  return routes.some((route) => "images" in route && route.images !== undefined);
}

/** A quantity as a number; undefined for one that is none, which the platform reports. */
function amount<T>(parse: (quantity: T) => number, quantity: T): number | undefined {
  try {
    return parse(quantity);
  } catch {
    return undefined;
  }
}

/**
 * Workers of nginx: those the options give, else one for each CPU of the limit, a begun one included. nginx by itself counts the machine's CPUs,
 * and 64 workers that share one CPU only wait for each other. Resizing an image keeps a worker busy for tens of milliseconds, so
 * where a route does that there is one more for everybody else.
 */
export function workersOf(options: NginxLoadBalancerOptions): number | "auto" {
  if (options.processes?.workers !== undefined) return options.processes.workers;
  const cpu = amount(millicores, resourcesOf(options).limits.cpu);
  if (cpu === undefined) return "auto";
  return Math.max(1, Math.ceil(cpu / 1000)) + (resizes(options) ? 1 : 0);
}

/**
 * Memory each process of nginx may have of its own, in KiB, where a route resizes images: an image takes memory by its pixels, which a small file can
 * have very many of. The container's limit in as many parts as there are workers, and one for what they share: stores of
 * answers, zones, the prober. With `auto`, which says no number, half of the limit.
 */
export function dataLimitOf(options: NginxLoadBalancerOptions): number | undefined {
  const memory = resizes(options) ? amount(bytes, resourcesOf(options).limits.memory) : undefined;
  if (memory === undefined) return undefined;
  const workers = workersOf(options);
  return Math.max(LEAST_DATA_KIB, Math.floor(memory / ((workers === "auto" ? 1 : workers) + 1) / 1024));
}

/** What a container has to hold besides request bodies: nginx, its zones, stored answers, configuration. */
const BESIDE_BODIES = 192 * 2 ** 20;

/** Space for bodies that the default memory has room for. */
const USUAL_BODIES = 64 * 2 ** 20;

/** Bytes for request bodies; undefined for a size that is none, which the renderer reports. */
function bodyBytes(options: NginxLoadBalancerOptions): number | undefined {
  const space = bodySpaceOf(options);
  return Number.isFinite(space) ? space : undefined;
}

/** The directory of request bodies: memory of its own, so that whoever fills it displaces nothing else. */
export function bodyDirectoryOf(options: NginxLoadBalancerOptions): WritableDirectory {
  return { path: BODY_DIRECTORY, size: bodyBytes(options) ?? 0 };
}

/** Whether the container's memory holds a larger space for bodies: filled, it would otherwise cost the container its life. */
export function checkMemory(name: string, options: NginxLoadBalancerOptions): Problem[] {
  const space = bodyBytes(options) ?? 0;
  const memory = amount(bytes, resourcesOf(options).limits.memory);
  if (space <= USUAL_BODIES || memory === undefined || memory >= space + BESIDE_BODIES) return [];
  const enough = Math.ceil((space + BESIDE_BODIES) / 2 ** 20);
  return [
    {
      path: `${name}.bodySpace`,
      message: `${options.bodySpace} does not fit in the container's memory (${resourcesOf(options).limits.memory}) beside the 192Mi for the rest`,
      fix: `set resources.limits.memory: "${enough}Mi" or more, or less bodySpace`,
    },
  ];
}
