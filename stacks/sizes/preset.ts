import type { AutoScale, FixedScale, ResourceAmounts } from "@testbro/components/workload";

/** Scale and resources of one tier at one size. */
export interface TierPreset {
  scale: (Required<Pick<AutoScale, "min" | "max">> & AutoScale) | FixedScale;
  resources: { limits: ResourceAmounts; reservations: ResourceAmounts };
}

/** What a size says of each tier. */
export interface SizePreset {
  backend: TierPreset;
  frontend: TierPreset;
}
