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

/** Time every replica gets to start: a node that has just lost its neighbours is slow. */
const SHORTEST_START_SECONDS = 30;

/** Where one question serves for both, how many times longer a replica may fail it until it is restarted than until it gets no requests. */
const RESTART_PATIENCE = 3;

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

/** The kubelet asks one question after the other, so a period shorter than the timeout would say what it cannot keep. */
function spec(probe: Probe, ports: ReadonlyMap<string, number>, retries: number): ProbeSpec {
  const { interval, timeout } = timingOf(probe);
  return {
    ...action(probe, ports),
    periodSeconds: whole(Math.max(interval, timeout)),
    timeoutSeconds: whole(timeout),
    failureThreshold: retries,
  };
}

/**
 * The startup probe: the given one, or `live` asked until it first succeeds, for as long as Swarm would wait (start period, then
 * `retries` failures) and never less than 30 s. It stands in for liveness meanwhile, so no replica is restarted because it starts slowly.
 */
function startup({ live, startup: given }: Workload["health"], ports: ReadonlyMap<string, number>): ProbeSpec {
  const probe = given ?? live;
  const { interval, timeout, retries, startPeriod } = timingOf(probe);
  const period = whole(Math.min(interval, STARTUP_PERIOD_SECONDS));
  const patience = Math.max(SHORTEST_START_SECONDS, startPeriod + retries * (interval + timeout));
  return {
    ...action(probe, ports),
    periodSeconds: period,
    timeoutSeconds: whole(Math.min(timeout, period)),
    failureThreshold: Math.max(1, Math.ceil(patience / period)),
  };
}

/** All probes of a workload. A job is never asked whether it is ready. */
export function probesOf(workload: Workload): Probes {
  const ports = new Map((workload.ports ?? []).map(({ name, container }) => [name, container]));
  const { live, ready } = workload.health;
  const retries = timingOf(live).retries;
  return {
    startupProbe: startup(workload.health, ports),
    livenessProbe: spec(live, ports, ready ? retries : retries * RESTART_PATIENCE),
    ...(workload.kind === "job" ? {} : { readinessProbe: spec(ready ?? live, ports, timingOf(ready ?? live).retries) }),
  };
}
