import { type Algorithm, type Bounds, type View } from "../model";

/**
 * The rule of simple scripts: every minute one replica more above the threshold, one fewer below half of it, with 300 s and 600 s of cooldown.
 */
export function threshold(bounds: Bounds): Algorithm {
  let next = -Infinity;
  let lastUp = -Infinity;
  let lastDown = -Infinity;
  return {
    name: "threshold",
    step(view: View): number {
      if (next === -Infinity) next = view.time;
      if (view.time < next || view.utilization === undefined) return view.desired;
      next = view.time + 60;
      if (view.utilization > bounds.targetUtilization && view.time - lastUp >= 300) {
        lastUp = view.time;
        return view.desired + 1;
      }
      if (view.utilization < bounds.targetUtilization / 2 && view.time - lastDown >= 600) {
        lastDown = view.time;
        return view.desired - 1;
      }
      return view.desired;
    },
  };
}
