import { pino } from "pino";
import { FileLease, LeaseWatch, SwarmLease } from "../daemon/lease";
import { createGate } from "../gate/server";
import { Containers } from "../signals/containers";
import { DockerStats } from "../signals/docker-stats";
import { listenAddress, openDocker, openTarget, readSecret, settingsFrom, targetProblems } from "./assemble";
import { UsageError } from "./errors";

/** Runs the gate until it is told to stop. @throws UsageError with every wrong setting */
export async function runGate(options: { readonly config?: string }): Promise<void> {
  const settings = settingsFrom(options.config, process.env);
  const problems = targetProblems(settings);
  const token = readSecret(settings.gateTokenFile, problems);
  if (settings.gateTokenFile === undefined) problems.push("the gate wants a token to ask for: AUTOSCALER_GATE_TOKEN_FILE");
  if (problems.length > 0 || token === undefined) throw new UsageError(problems);

  const docker = openDocker(settings);
  const stats = new DockerStats(docker);
  const containers = new Containers(docker, settings.target, settings.project);
  const files = new FileLease(settings.state);
  const watch = new LeaseWatch();
  const gate = createGate({
    target: openTarget(settings, docker),
    stats: ({ containers, cpuBase, memoryBase }) => stats.read(containers, cpuBase, memoryBase),
    containers: () => containers.read(),
    lease: async (holder, release) => {
      const lease = settings.target === "compose" ? files.of(holder) : new SwarmLease(docker, settings.lease, holder, watch);
      if (!release) return lease.hold(Date.now() / 1000);
      await lease.release();
      return false;
    },
    ping: () => docker.ping(),
    configured: new Set(Object.keys(settings.services)),
    token,
  });
  await gate.listen(listenAddress(settings.gateListen));
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  log.info({ listen: settings.gateListen, target: settings.target, project: settings.project }, "the gate is open");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  await gate.close();
  log.info({}, "stopped");
}
