import type { Rule } from "../core/rule";
import { cpuLimitRule } from "./cpu-limit";
import { cpuRequestRule } from "./cpu-request";
import { emptyDirSizeRule } from "./empty-dir-size";
import { ephemeralStorageRule } from "./ephemeral-storage";
import { limitRatioRule } from "./limit-ratio";
import { logRotationRule } from "./log-rotation";
import { memoryLimitRule } from "./memory-limit";
import { memoryRequestRule } from "./memory-request";
import { namespaceQuotaRule } from "./namespace-quota";
import { pidsLimitRule } from "./pids-limit";
import { quantitiesRule } from "./quantities";
import { swapRule } from "./swap";
import { tmpfsSizeRule } from "./tmpfs-size";

/** Limits, reservations and quotas. */
export const resourcesRules: readonly Rule[] = [
  cpuLimitRule,
  cpuRequestRule,
  emptyDirSizeRule,
  ephemeralStorageRule,
  limitRatioRule,
  logRotationRule,
  memoryLimitRule,
  memoryRequestRule,
  namespaceQuotaRule,
  pidsLimitRule,
  quantitiesRule,
  swapRule,
  tmpfsSizeRule,
];
