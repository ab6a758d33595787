import type * as kubernetes from "@pulumi/kubernetes";
import { timingOf, type Probe, type Workload } from "../../workload";

type ProbeSpec = kubernetes.types.input.core.v1.Probe;

/** What Kubernetes asks of one container. */
export interface Probes {
  startupProbe?: ProbeSpec;
  livenessProbe: ProbeSpec;
  readinessProbe?: ProbeSpec;
}

/** Longest pause between two looks at a replica that starts, in seconds, so that it serves soon after it can. */
const STARTUP_PERIOD_SECONDS = 5;

/** Kubernetes counts whole seconds, 1 at least. */
function whole(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}

function action(probe: Probe, ports: ReadonlyMap<string, number>): ProbeSpec {
  const portOf = (name: string): number => {
    const port = ports.get(name);
    if (port === undefined) throw new Error(`no port "${name}"`);
    return port;
  };
  if ("http" in probe) {
    const { port, path, scheme = "http" } = probe.http;
    return { httpGet: { port: portOf(port), path, scheme: scheme.toUpperCase() } };
  }
  if ("tcp" in probe) return { tcpSocket: { port: portOf(probe.tcp.port) } };
  return { exec: { command: probe.exec } };
}

function spec(probe: Probe, ports: ReadonlyMap<string, number>): ProbeSpec {
  const { interval, timeout, retries } = timingOf(probe);
  return { ...action(probe, ports), periodSeconds: whole(interval), timeoutSeconds: whole(timeout), failureThreshold: retries };
}

/**
 * The startup probe: the given one, or `live` asked until it first succeeds, for as long as Swarm would wait (start period, then
 * `retries` failures). It stands in for liveness meanwhile, so no replica is restarted because it starts slowly.
 */
function startup({ live, startup: given }: Workload["health"], ports: ReadonlyMap<string, number>): ProbeSpec {
  const probe = given ?? live;
  const { interval, timeout, retries, startPeriod } = timingOf(probe);
  const period = whole(Math.min(interval, STARTUP_PERIOD_SECONDS));
  const patience = startPeriod + retries * interval;
  return {
    ...action(probe, ports),
    periodSeconds: period,
    timeoutSeconds: whole(timeout),
    failureThreshold: Math.max(1, Math.ceil(patience / period)),
  };
}

/** All probes of a workload. A job is never asked whether it is ready. */
export function probesOf(workload: Workload): Probes {
  const ports = new Map((workload.ports ?? []).map(({ name, container }) => [name, container]));
  const { live, ready } = workload.health;
  return {
    startupProbe: startup(workload.health, ports),
    livenessProbe: spec(live, ports),
    ...(workload.kind === "job" ? {} : { readinessProbe: spec(ready ?? live, ports) }),
  };
}
