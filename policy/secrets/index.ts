import type { Rule } from "../core/rule";

/** Keeping secrets secret. */
export const secretsRules: readonly Rule[] = [];
