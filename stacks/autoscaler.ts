import { AutoScaler } from "@testbro/components/autoscaling";
import type { Platform } from "@testbro/components/platform";
import type { Ref } from "@testbro/components/workload";
import type { Environment } from "./environment";

/** Path of the auto-scaler's status page behind the balancer. */
export const AUTOSCALER_PATH = "/autoscaler";

/**
 * The auto-scaler, where one is wanted: on a Swarm, which has none of its own.
 * @param prometheus where request rates come from, and who scrapes it
 * @param prometheusPath its path prefix
 */
export function autoScaler(environment: Environment, platform: Platform, prometheus: Ref, prometheusPath: string): AutoScaler | undefined {
  const { enabled, slackWebhook, ...paces } = environment.autoscaler;
  const { autoscaler: image } = environment.images;
  if (!enabled || environment.platform !== "swarm" || image === undefined) return undefined;
  return new AutoScaler("autoscaler", {
    ...paces,
    ...(slackWebhook === undefined ? {} : { slackWebhook }),
    platform,
    image,
    engineSocket: environment.engine.socket,
    engineGroup: environment.engine.group ?? -1,
    everyNode: environment.size !== "small",
    prometheus: { ref: prometheus, pathPrefix: prometheusPath },
    pathPrefix: AUTOSCALER_PATH,
    scraper: prometheus,
  });
}
