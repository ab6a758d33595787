import type { AutoScale, ByteQuantity, FixedScale, ResourceAmounts } from "@testbro/components/workload";

/** CPU and memory of one replica. */
export interface PresetResources {
  limits: ResourceAmounts;
  reservations: ResourceAmounts;
}

/** Scale and resources of one tier at one size. */
export interface TierPreset {
  scale: (Required<Pick<AutoScale, "min" | "max">> & AutoScale) | FixedScale;
  resources: PresetResources;
}

/** What a size says of a part that has one replica; what it leaves out is the component's default. */
export interface PartPreset {
  resources?: { limits?: Partial<ResourceAmounts>; reservations?: Partial<ResourceAmounts> };
  /** Size of its volume, where the platform provisions volumes. */
  storage?: ByteQuantity;
}

/** What a size says of the balancer. */
export interface BalancerPreset extends Pick<PartPreset, "resources"> {
  /** Balancers. */
  replicas: number;
  /** Who stands in front of them and may say who the client is. */
  trustedProxies?: { ranges: string[]; header?: string };
}

/** What a size says of each tier. */
export interface SizePreset {
  backend: TierPreset;
  frontend: TierPreset;
  balancer: BalancerPreset;
  postgres: PartPreset;
  redis: PartPreset;
  prometheus: PartPreset;
}
