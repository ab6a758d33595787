import type { Rule } from "../core/rule";
import { attachableRule } from "./attachable";
import { databaseExposedRule } from "./database-exposed";
import { defaultBridgeRule } from "./default-bridge";
import { defaultDenyRule } from "./default-deny";
import { dnsrrPortsRule } from "./dnsrr-ports";
import { encryptedOverlayRule } from "./encrypted-overlay";
import { internalDataRule } from "./internal-data";
import { policyCoverageRule } from "./policy-coverage";
import { policyWideRule } from "./policy-wide";
import { publishedPortsRule } from "./published-ports";
import { serviceTypeRule } from "./service-type";

/** Who can reach whom. */
export const networkRules: readonly Rule[] = [
  attachableRule,
  databaseExposedRule,
  defaultBridgeRule,
  defaultDenyRule,
  dnsrrPortsRule,
  encryptedOverlayRule,
  internalDataRule,
  policyCoverageRule,
  policyWideRule,
  publishedPortsRule,
  serviceTypeRule,
];
