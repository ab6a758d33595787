import type { Rule } from "../core/rule";
import { dockerCommandRule } from "./docker-command";
import { dockerHealthcheckRule } from "./docker-healthcheck";
import { dockerTimingRule } from "./docker-timing";
import { jobDeadlineRule } from "./job-deadline";
import { livenessProbeRule } from "./liveness-probe";
import { probeCommandRule } from "./probe-command";
import { probePortRule } from "./probe-port";
import { probeTimingRule } from "./probe-timing";
import { probesDistinctRule } from "./probes-distinct";
import { readinessProbeRule } from "./readiness-probe";
import { restartPolicyRule } from "./restart-policy";
import { startupProbeRule } from "./startup-probe";
import { workloadProbesRule } from "./workload-probes";

/** Health checks that are there and sane. */
export const healthRules: readonly Rule[] = [
  dockerCommandRule,
  dockerHealthcheckRule,
  dockerTimingRule,
  jobDeadlineRule,
  livenessProbeRule,
  probeCommandRule,
  probePortRule,
  probeTimingRule,
  probesDistinctRule,
  readinessProbeRule,
  restartPolicyRule,
  startupProbeRule,
  workloadProbesRule,
];
