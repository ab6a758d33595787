import { type Settings } from "../config/settings";
import { type Decision } from "../core/decide";
import { type Notifier } from "../notify/notifier";
import { type Target } from "../targets/target";
import { type Lease } from "./lease";
import { type Gauge, type Readings } from "./readings";
import { type Store } from "./store";

/** A service as the status page and `status` show it. */
export interface ServiceStatus {
  readonly name: string;
  readonly desired: number;
  readonly ready: number;
  readonly min: number;
  readonly max: number;
  readonly decision: Decision;
  readonly pausedUntil?: number;
}

/** What the outside of the decision is made of. */
export interface Parts {
  readonly settings: Settings;
  readonly target: Target;
  readonly readings: Readings;
  readonly store: Store;
  readonly lease: Lease;
  readonly notifier: Notifier;
  readonly gauge: Gauge;
  readonly log: { info(details: object, text: string): void; warn(details: object, text: string): void };
  /** Seconds since 1970. @default the machine's clock */
  readonly now?: () => number;
  /** Seconds of a clock that nobody sets. @default the same as `now` */
  readonly steady?: () => number;
  /** Seconds that the engine and the lease are given for an answer. @default 10 */
  readonly callSeconds?: number;
}
