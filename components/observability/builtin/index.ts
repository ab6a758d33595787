import type { MetricsTarget } from "../../workload";
import type { Around } from "../config";
import type { Settings } from "../options";
import { withRunbooks, type RuleGroup } from "../rules";
import { availability } from "./availability";
import { balancer } from "./balancer";
import { certificates } from "./certificates";
import { monitoring } from "./monitoring";
import { objectives } from "./objectives";
import { probes } from "./probes";
import { saturation } from "./saturation";
import { stores } from "./stores";
import { traefik, traefikUpstreams } from "./traefik";
import { traffic } from "./traffic";
import { upstreams } from "./upstreams";

export { BALANCER_RECORDED } from "./balancer";
export { BURN_RATES, ratioOver } from "./objectives";
export { SHOWN_UNTIL } from "./probes";
export { NOT_HEALTH, RECORDED, rateWindow } from "./recorded";
export { NO_STREAM, TRAEFIK_RECORDED, withRoute } from "./traefik";

/** Names of the built-in groups, each with a page of its name in docs/runbooks. */
export const BUILTIN_GROUPS = [
  "availability",
  "traffic",
  "balancer",
  "objectives",
  "saturation",
  "stores",
  "probes",
  "certificates",
  "upstreams",
  "monitoring",
] as const;

/** What is asked of each balancer's own metrics. */
const OF_BALANCER = {
  nginx: (settings: Settings) => [balancer(settings), upstreams()],
  traefik: (settings: Settings) => [traefik(settings), traefikUpstreams()],
};

/** Every built-in rule for these targets. @param around where alerts go, and who asks the public addresses */
export function builtinRules(targets: readonly MetricsTarget[], settings: Settings, { alertmanager, probing }: Around = {}): RuleGroup[] {
  return [
    availability(targets, settings),
    traffic(settings),
    ...OF_BALANCER[settings.balancer](settings),
    objectives(settings),
    saturation(settings),
    stores(settings),
    probes(settings, probing),
    certificates(settings),
    monitoring(alertmanager !== undefined),
  ].map(withRunbooks);
}
