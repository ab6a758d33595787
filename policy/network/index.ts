import type { Rule } from "../core/rule";

/** Who can reach whom. */
export const networkRules: readonly Rule[] = [];
