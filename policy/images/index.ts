import type { Rule } from "../core/rule";
import { digestRule } from "./digest";
import { keepLocallyRule } from "./keep-locally";
import { noLatestRule } from "./no-latest";
import { pullPolicyRule } from "./pull-policy";
import { registryRule } from "./registry";

/** What is run, exactly. */
export const imagesRules: readonly Rule[] = [digestRule, keepLocallyRule, noLatestRule, pullPolicyRule, registryRule];
