import type { Rule } from "../core/rule";

/** Getting data back. */
export const backupRules: readonly Rule[] = [];
