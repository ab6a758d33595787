import type { SizePreset } from "./preset";
import { small } from "./small";

/** Sizes a stack can have. */
export const SIZES = ["small"] as const;

/** The preset of each size. */
export const presets: Record<(typeof SIZES)[number], SizePreset> = { small };
export type { SizePreset, TierPreset } from "./preset";
