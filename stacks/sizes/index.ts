import { large } from "./large";
import type { SizePreset } from "./preset";
import { small } from "./small";

/** Sizes a stack can have. */
export const SIZES = ["small", "large"] as const;

/** The preset of each size. */
export const presets: Record<(typeof SIZES)[number], SizePreset> = { small, large };
export type { BalancerPreset, PartPreset, SizePreset, TierPreset } from "./preset";
