import type { Rule } from "./core/rule";
import { healthRules } from "./health";
import { resourcesRules } from "./resources";
import { tlsRules } from "./tls";
import { imagesRules } from "./images";
import { hardeningRules } from "./hardening";
import { availabilityRules } from "./availability";
import { rolloutRules } from "./rollout";
import { secretsRules } from "./secrets";
import { networkRules } from "./network";
import { backupRules } from "./backup";

/** Every rule, by group. */
export const rules: readonly Rule[] = [
  ...healthRules,
  ...resourcesRules,
  ...tlsRules,
  ...imagesRules,
  ...hardeningRules,
  ...availabilityRules,
  ...rolloutRules,
  ...secretsRules,
  ...networkRules,
  ...backupRules,
];
