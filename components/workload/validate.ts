import { DEFAULT_TIMING, secondsToUnhealthy, shortestMonitor, stopOf, timingOf, updateOf, writableOf } from "./defaults";
import { bytes, millicores, type ByteQuantity } from "./quantity";
import { isAutoScale, type Probe, type Workload } from "./types";

/** One thing wrong with an input: where, what was given, and how to mend it. */
export interface Problem {
  /** Path of the input, e.g. `backend.scale.max`. */
  path: string;
  /** What is wrong, with the value given. */
  message: string;
  /** What to write instead. */
  fix: string;
}

/** Seconds a balancer may still send to a replica that has left DNS: resolver validity (1 s) plus Swarm's lead (2 s) plus its own refresh (1 s). */
export const SHORTEST_DRAIN_SECONDS = 4;

/** Longest name of a workload: Swarm and Kubernetes append task and pod suffixes to a 63 character DNS label (RFC 1123). */
const LONGEST_NAME = 40;

type Report = (path: string, message: string, fix: string) => void;

function checkProbe(report: Report, path: string, probe: Probe, ports: Set<string>): void {
  const port = "http" in probe ? probe.http.port : "tcp" in probe ? probe.tcp.port : undefined;
  if (port !== undefined && !ports.has(port)) {
    const known = [...ports].join(", ") || "none";
    report(
      `${path}.port`,
      `port "${port}" is not among the workload's ports (${known})`,
      `name one of them, or add { name: "${port}", container: … } to ports`,
    );
  }
  if ("http" in probe && !probe.http.path.startsWith("/")) {
    report(`${path}.http.path`, `"${probe.http.path}" does not start with "/"`, `write "/${probe.http.path}"`);
  }
  if ("exec" in probe && probe.exec.length === 0) {
    report(`${path}.exec`, "an empty command cannot be run", "give the command and its arguments");
  }
  const timing = timingOf(probe);
  for (const key of ["interval", "timeout", "retries"] as const) {
    if (!(timing[key] > 0))
      report(`${path}.${key}`, `${timing[key]} is not above 0`, `leave it out for ${DEFAULT_TIMING[key]}, or give a positive number`);
  }
  if (!(timing.startPeriod >= 0)) {
    report(
      `${path}.startPeriod`,
      `${timing.startPeriod} is negative`,
      `leave it out for ${DEFAULT_TIMING.startPeriod} seconds, or give 0 or more`,
    );
  }
}

function checkResources(report: Report, path: string, workload: Workload): void {
  const amounts = { limits: workload.resources.limits, reservations: workload.resources.reservations };
  const read: Record<string, number> = {};
  for (const [group, amount] of Object.entries(amounts)) {
    for (const [key, parse] of [
      ["cpu", millicores],
      ["memory", bytes],
    ] as const) {
      const at = `${path}.resources.${group}.${key}`;
      const given = amount?.[key];
      if (given === undefined) {
        report(at, "is missing", `give an amount, e.g. ${key === "cpu" ? '"500m"' : '"256Mi"'}`);
        continue;
      }
      try {
        const value = parse(given);
        if (value <= 0) report(at, `${given} is zero`, `give a positive amount, e.g. ${key === "cpu" ? '"500m"' : '"256Mi"'}`);
        else read[`${group}.${key}`] = value;
      } catch (error) {
        report(at, (error as Error).message, `e.g. ${key === "cpu" ? '"500m"' : '"256Mi"'}`);
      }
    }
  }
  const { pids } = workload.resources.limits;
  if (pids !== undefined) checkCount(report, `${path}.resources.limits.pids`, pids, 1);
  for (const key of ["cpu", "memory"] as const) {
    const limit = read[`limits.${key}`];
    const reservation = read[`reservations.${key}`];
    if (limit !== undefined && reservation !== undefined && reservation > limit) {
      report(
        `${path}.resources.reservations.${key}`,
        `${amounts.reservations[key]} is above the limit ${amounts.limits[key]}`,
        "reserve at most the limit",
      );
    }
  }
}

function checkCount(report: Report, path: string, value: number, lowest: number): boolean {
  const good = Number.isInteger(value) && value >= lowest;
  if (!good) report(path, `${value} is not a whole number of at least ${lowest}`, `give a whole number, ${lowest} or more`);
  return good;
}

function checkScale(report: Report, path: string, workload: Workload): void {
  const { scale } = workload;
  if (!isAutoScale(scale)) {
    checkCount(report, `${path}.scale.replicas`, scale.replicas, 0);
    return;
  }
  const minGood = checkCount(report, `${path}.scale.min`, scale.min, 1);
  const maxGood = checkCount(report, `${path}.scale.max`, scale.max, 1);
  if (minGood && maxGood && scale.min > scale.max) {
    report(
      `${path}.scale.min`,
      `${scale.min} is above max ${scale.max}`,
      `lower min to at most ${scale.max}, or raise max to at least ${scale.min}`,
    );
  }
  for (const key of ["cpu", "memory"] as const) {
    const target = scale[key];
    if (target !== undefined && !(target > 0 && target <= 1000)) {
      report(`${path}.scale.${key}`, `${target} is not a percentage of the reservation`, "give a number above 0, e.g. 70");
    }
  }
  for (const key of ["requestsPerSecond", "queue"] as const) {
    const target = scale[key];
    if (target !== undefined && !(target > 0))
      report(`${path}.scale.${key}`, `${target} is not above 0`, "give a positive number per replica");
  }
  if (scale.latency && !(scale.latency.quantile > 0 && scale.latency.quantile < 1 && scale.latency.seconds > 0)) {
    report(
      `${path}.scale.latency`,
      `quantile ${scale.latency.quantile}, seconds ${scale.latency.seconds}`,
      "quantile between 0 and 1, seconds above 0",
    );
  }
  if (workload.kind !== "service") {
    report(`${path}.scale`, `a ${workload.kind} workload cannot be scaled by load`, "give { replicas: N }");
  }
}

function checkTimes(report: Report, path: string, workload: Workload): void {
  const update = updateOf(workload);
  const stop = stopOf(workload);
  const shortest = shortestMonitor(workload.health.live);
  // A health timing that is no number has been reported; nothing follows from it.
  if (Number.isFinite(shortest) && !(update.monitor >= shortest)) {
    report(
      `${path}.update.monitor`,
      `${update.monitor} s is shorter than the ${secondsToUnhealthy(workload.health.live)} s a failing health check needs, so a bad release would count as good`,
      `give at least ${shortest} s, or leave it out`,
    );
  }
  checkCount(report, `${path}.update.parallelism`, update.parallelism, 1);
  if (!(update.delay >= 0))
    report(`${path}.update.delay`, `${update.delay} is negative`, "leave it out for none, or give 0 or more seconds");
  if (!(stop.grace > stop.drain)) {
    report(
      `${path}.stop.grace`,
      `${stop.grace} s is not longer than the drain of ${stop.drain} s, so open requests would be cut`,
      `give more than ${stop.drain} s`,
    );
  }
  if (stop.drain !== 0 && !(stop.drain >= SHORTEST_DRAIN_SECONDS)) {
    report(
      `${path}.stop.drain`,
      `${stop.drain} s is shorter than the ${SHORTEST_DRAIN_SECONDS} s a balancer needs to forget a replica`,
      `give at least ${SHORTEST_DRAIN_SECONDS} s, or 0 where nothing balances to it`,
    );
  }
}

function checkPorts(report: Report, path: string, workload: Workload): Set<string> {
  const names = new Set<string>();
  for (const [index, port] of (workload.ports ?? []).entries()) {
    if (names.has(port.name)) report(`${path}.ports[${index}].name`, `"${port.name}" is there twice`, "give each port its own name");
    names.add(port.name);
    for (const [key, value] of [
      ["container", port.container],
      ["publish.port", port.publish?.port],
    ] as const) {
      if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= 65535)) {
        report(`${path}.ports[${index}].${key}`, `${value} is not a port`, "give a whole number from 1 to 65535");
      }
    }
  }
  if (workload.metrics && !names.has(workload.metrics.port)) {
    report(
      `${path}.metrics.port`,
      `port "${workload.metrics.port}" is not among the workload's ports`,
      `add { name: "${workload.metrics.port}", container: … } to ports`,
    );
  }
  return names;
}

function checkSize(report: Report, path: string, size: ByteQuantity, example: string): void {
  try {
    if (bytes(size) <= 0) report(path, `${size} is zero`, `give a size, e.g. "${example}"`);
  } catch (error) {
    report(path, (error as Error).message, `e.g. "${example}"`);
  }
}

function checkNodes(report: Report, path: string, { kind, observesNode, scrapesNodes = [] }: Workload): void {
  if (observesNode && kind !== "daemon")
    report(`${path}.observesNode`, `is for what runs on every node, not for a ${kind}`, 'write kind "daemon"');
  for (const port of scrapesNodes) {
    if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) report(`${path}.scrapesNodes`, `${port} is not a port`, "e.g. 9100");
  }
}

function checkFiles(report: Report, path: string, workload: Workload): void {
  const paths: [string, string][] = [
    ...Object.keys(workload.files ?? {}).map((file): [string, string] => [`${path}.files`, file]),
    ...Object.keys(workload.secrets ?? {}).map((file): [string, string] => [`${path}.secrets`, file]),
    ...(workload.volumes ?? []).map((volume): [string, string] => [`${path}.volumes.${volume.name}.path`, volume.path]),
    ...writableOf(workload).map((directory): [string, string] => [`${path}.security.writable`, directory.path]),
    ...Object.entries(workload.hostSockets ?? {})
      .flat()
      .map((socket): [string, string] => [`${path}.hostSockets`, socket]),
  ];
  for (const [at, file] of paths) {
    if (!/^\/[^\0]*[^/\0]$/.test(file)) report(at, `"${file}" is not an absolute path`, "start it with / and do not end it with one");
  }
  for (const { name, size } of workload.volumes ?? [])
    if (size !== undefined) checkSize(report, `${path}.volumes.${name}.size`, size, "10Gi");
  for (const { size } of writableOf(workload)) checkSize(report, `${path}.security.writable.size`, size, "64Mi");
  const { uid, gid } = workload.security.user;
  for (const [key, id] of [
    ["uid", uid],
    ["gid", gid],
  ] as const) {
    if (!(Number.isInteger(id) && id > 0))
      report(`${path}.security.user.${key}`, `${id} is root or no id`, "give a number above 0, e.g. 10001");
  }
  for (const group of workload.security.groups ?? []) checkCount(report, `${path}.security.groups`, group, 0);
}

/**
 * Every problem of a workload, none when it is sound. Pure; values that are Outputs are not looked at.
 * @param name the workload's name, which starts each problem's path
 */
export function validate(name: string, workload: Workload): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, fix) => problems.push({ path, message, fix });
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > LONGEST_NAME) {
    report(
      name || "name",
      `"${name}" is not a name of at most ${LONGEST_NAME} lower-case letters, digits and hyphens`,
      "start with a letter, e.g. backend",
    );
  }
  if (workload.image === "" || workload.image === undefined) {
    report(`${name}.image`, "is missing", "give an image reference, best with a digest: name@sha256:…");
  }
  const ports = checkPorts(report, name, workload);
  const { live, ready, startup } = workload.health;
  for (const [key, probe] of Object.entries({ live, ready, startup })) {
    if (probe) checkProbe(report, `${name}.health.${key}`, probe, ports);
  }
  checkResources(report, name, workload);
  checkScale(report, name, workload);
  checkTimes(report, name, workload);
  checkFiles(report, name, workload);
  checkNodes(report, name, workload);
  return problems;
}

/** All problems as one paragraph each, ready to be an error's message. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map((problem) => `${problem.path}: ${problem.message}. Fix: ${problem.fix}.`).join("\n");
}
