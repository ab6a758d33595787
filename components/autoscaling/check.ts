import type { Problem } from "../workload";
import type { AutoScalerOptions } from "./options";

/** Everything wrong with the options themselves; the workloads are checked by the platform. */
export function checkAutoScaler(name: string, options: AutoScalerOptions): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, fix: string) => void problems.push({ path: `${name}.${path}`, message, fix });
  const { engineGroup, engineSocket = "/var/run/docker.sock", pathPrefix = "/autoscaler" } = options;
  if (!Number.isInteger(engineGroup) || engineGroup < 0)
    report("engineGroup", `${engineGroup} is no group`, `give the number that \`stat -c %g ${engineSocket}\` prints`);
  if (!/^\/[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_.-]+)*$/.test(pathPrefix))
    report("pathPrefix", `"${pathPrefix}" is no path`, "start it with / and do not end it with one, e.g. /autoscaler");
  const bounds = { checkInterval: 5, fastInterval: 1, upCooldown: 0, downCooldown: 0, stabilization: 0 } as const;
  for (const [key, least] of Object.entries(bounds) as [keyof typeof bounds, number][]) {
    const value = options[key];
    if (value !== undefined && !(value >= least && value <= 86_400))
      report(key, `${value} is not between ${least} and 86400 seconds`, "give seconds within them");
  }
  return problems;
}
