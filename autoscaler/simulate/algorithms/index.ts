import { type Algorithm, type Bounds } from "../model";
import { hpaOnCpu, hpaOnRate } from "./hpa";
import { kpa } from "./kpa";
import { ours } from "./ours";
import { threshold } from "./threshold";

/** Every algorithm that can be simulated, by the name it is chosen with. */
export const ALGORITHMS: Readonly<Record<string, (bounds: Bounds) => Algorithm>> = {
  ours,
  "hpa-cpu": hpaOnCpu,
  "hpa-rps": hpaOnRate,
  "hpa-rps-150": (bounds) => hpaOnRate(bounds, { stabilization: 150, tolerance: 0.15 }),
  kpa,
  threshold,
};
