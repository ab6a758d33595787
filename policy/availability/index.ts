import type { Rule } from "../core/rule";

/** Staying up when something goes. */
export const availabilityRules: readonly Rule[] = [];
