import type { MetricsTarget } from "../../workload";
import type { Settings } from "../options";
import { withRunbooks, type RuleGroup } from "../rules";
import { availability } from "./availability";
import { balancer } from "./balancer";
import { monitoring } from "./monitoring";
import { stores } from "./stores";
import { traffic } from "./traffic";
import { upstreams } from "./upstreams";

export { BALANCER_RECORDED } from "./balancer";
export { RECORDED, rateWindow } from "./recorded";

/** Names of the built-in groups, each with a page of its name in docs/runbooks. */
export const BUILTIN_GROUPS = ["availability", "traffic", "balancer", "stores", "upstreams", "monitoring"] as const;

/** Every built-in rule for these targets. @param alertmanager whether alerts are sent to one */
export function builtinRules(targets: readonly MetricsTarget[], settings: Settings, alertmanager: boolean): RuleGroup[] {
  return [
    availability(targets, settings),
    traffic(settings),
    balancer(settings),
    stores(settings),
    upstreams(),
    monitoring(alertmanager),
  ].map(withRunbooks);
}
