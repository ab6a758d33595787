import type { Rule } from "../core/rule";

/** What a process may do. */
export const hardeningRules: readonly Rule[] = [];
