import type { Rule } from "../core/rule";
import { convergeRule } from "./converge";
import { cronJobRule } from "./cron-job";
import { historyRule } from "./history";
import { initProcessRule } from "./init-process";
import { monitorRule } from "./monitor";
import { preStopRule } from "./pre-stop";
import { rollbackConfigRule } from "./rollback-config";
import { startFirstRule } from "./start-first";
import { stopGraceRule } from "./stop-grace";
import { strategyRule } from "./strategy";
import { updateConfigRule } from "./update-config";
import { workloadDrainRule } from "./workload-drain";

/** Changing without dropping requests. */
export const rolloutRules: readonly Rule[] = [
  convergeRule,
  cronJobRule,
  historyRule,
  initProcessRule,
  monitorRule,
  preStopRule,
  rollbackConfigRule,
  startFirstRule,
  stopGraceRule,
  strategyRule,
  updateConfigRule,
  workloadDrainRule,
];
