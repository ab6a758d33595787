import type { Rule } from "../core/rule";

/** Changing without dropping requests. */
export const rolloutRules: readonly Rule[] = [];
