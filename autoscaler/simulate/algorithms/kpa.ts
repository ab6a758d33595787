import { type Algorithm, type Bounds, type View } from "../model";

/** Knative's defaults (config-autoscaler): stable window, panic window of 10 % of it, panic threshold 200 %, halving at most on the way down. */
const STABLE_SECONDS = 60;
const PANIC_SECONDS = 6;
const PANIC_THRESHOLD = 2;
const MAX_SCALE_DOWN_RATE = 2;
const MAX_SCALE_UP_RATE = 1000;

/**
 * Knative's pod autoscaler: the mean of a 60 s window sets the count; when the mean of 6 s asks for at least twice the ready count it panics,
 * and does not shrink until the panic has been over for a stable window. Evaluated at every tick (Knative: every 2 s).
 * Source: knative.dev, "Autoscaling concepts" and the serving repository's documentation of the algorithm.
 */
export function kpa(bounds: Bounds): Algorithm {
  const window: { time: number; load: number }[] = [];
  let panicSince: number | undefined;
  let panicMost = 0;
  return {
    name: "kpa",
    step(view: View): number {
      if (view.load === undefined) return view.desired;
      window.push({ time: view.time, load: view.load });
      while ((window[0] as { time: number }).time <= view.time - STABLE_SECONDS) window.shift();
      const ready = Math.max(1, view.ready);
      const limit = (count: number) =>
        Math.min(Math.ceil(ready * MAX_SCALE_UP_RATE), Math.max(Math.floor(ready / MAX_SCALE_DOWN_RATE), count));
      const stable = limit(Math.ceil(mean(window) / bounds.targetRate - 1e-9));
      const recent = window.filter((sample) => sample.time > view.time - PANIC_SECONDS + 1);
      const panic = limit(Math.ceil(mean(recent) / bounds.targetRate - 1e-9));
      if (panic / ready >= PANIC_THRESHOLD) panicSince = view.time;
      else if (panicSince !== undefined && view.time - panicSince >= STABLE_SECONDS) {
        panicSince = undefined;
        panicMost = 0;
      }
      if (panicSince === undefined) return stable;
      panicMost = Math.max(panicMost, panic, view.desired);
      return panicMost;
    },
  };
}

function mean(samples: readonly { load: number }[]): number {
  return samples.reduce((sum, sample) => sum + sample.load, 0) / samples.length;
}
