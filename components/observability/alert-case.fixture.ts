/** Values of series, one every 5 s, in promtool's notation. */
export type Series = Record<string, string>;

export interface AlertCase {
  alert: string;
  /** Brings the alert about at `fires` and not 5 s earlier, unless `earlier` says it may. Then it goes away by `recovered`. */
  bad: Series;
  /** Seconds. */
  fires: number;
  recovered: number;
  labels: Record<string, string>;
  summary: string;
  description: string;
  /** Inputs just short of it: no alert at `fires` nor a while after. */
  quiet: Series[];
}
