import { ALGORITHMS } from "./algorithms";
import { bounds, run, type Course, type ModelOptions } from "./model";
import { formatTime, replay, type ReplayOptions, type Trace } from "./trace";

/** Result of one replay; the keys of the JSON report. */
export interface Report {
  readonly algorithm: string;
  readonly trace: string;
  readonly from: string;
  readonly to: string;
  readonly overCapacityPercent: number;
  readonly saturatedPercent: number;
  readonly meanReplicas: number;
  readonly oracleMeanReplicas: number;
  readonly actions: number;
  readonly reversals: number;
  readonly peakReplicas: number;
}

export interface SimulateOptions extends ReplayOptions, ModelOptions {
  /** @default "ours" */
  readonly algorithm?: string;
}

/**
 * Replays a trace through an algorithm.
 *
 * @throws RangeError for an unknown algorithm.
 * @throws TraceError when nothing of the trace lies between `from` and `to`.
 */
export function simulate(name: string, trace: Trace, options: SimulateOptions = {}): { report: Report; course: Course } {
  const algorithm = options.algorithm ?? "ours";
  const make = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (make === undefined)
    throw new RangeError(`algorithm "${algorithm}" is not known; choose one of ${Object.keys(ALGORITHMS).join(", ")}`);
  const cut = replay(trace, options);
  const { totals, course } = run(cut, make(bounds(options.capacity)), options);
  const from = formatTime(cut.start);
  const to = formatTime(options.to ?? (trace.times[trace.times.length - 1] as number) + trace.period);
  return { report: { algorithm, trace: name, from, to, ...totals }, course };
}

const BLOCKS = " ▁▂▃▄▅▆▇█";

/** Load and replicas over time as two lines of text, each scaled to its own maximum. */
export function draw(course: Course, width = 100): string {
  const line = (label: string, values: ArrayLike<number>) => {
    const columns = Math.min(width, values.length);
    const most: number[] = [];
    for (let column = 0; column < columns; column++) {
      const from = Math.floor((column * values.length) / columns);
      const to = Math.floor(((column + 1) * values.length) / columns);
      let highest = 0;
      for (let index = from; index < to; index++) highest = Math.max(highest, values[index] as number);
      most.push(highest);
    }
    const top = Math.max(...most, 1e-9);
    return `${label.padEnd(9)}${most.map((value) => BLOCKS[Math.round((value / top) * 8)]).join("")} up to ${Number(top.toPrecision(4))}`;
  };
  return [line("load", course.load), line("replicas", course.desired)].join("\n");
}

/** The report as lines for people. */
export function describe(report: Report): string {
  return [
    `${report.algorithm} on ${report.trace}, ${report.from} to ${report.to}`,
    `  requests over capacity  ${report.overCapacityPercent.toFixed(3)} %`,
    `  ticks saturated         ${report.saturatedPercent.toFixed(3)} %`,
    `  mean replicas           ${report.meanReplicas.toFixed(3)} (oracle ${report.oracleMeanReplicas.toFixed(3)}, ${(report.meanReplicas / report.oracleMeanReplicas).toFixed(4)} of it)`,
    `  actions, reversals      ${report.actions}, ${report.reversals}; at most ${report.peakReplicas} replicas`,
  ].join("\n");
}
