/**
 * Request traces: a CSV file with a header `period,count`, each row the start of a period and the requests in it.
 *
 * The load at a time is linear between the rates of neighbouring periods longer than a tick; shorter periods are averaged over the tick.
 */

/** Seconds between two steps of the simulation. */
export const TICK_SECONDS = 5;

/** A parsed trace. Times are seconds since 1970 (or since whatever the file counts from), rates are requests per second. */
export interface Trace {
  /** Start of each period, ascending, seconds. */
  readonly times: readonly number[];
  /** Requests per second in each period. */
  readonly rates: readonly number[];
  /** Length of a period in seconds: the most common distance between rows. */
  readonly period: number;
}

/** The trace as the simulator replays it: one value per tick. */
export interface Replay {
  /** Seconds of the first tick. */
  readonly start: number;
  /** Load of every tick, requests per second. */
  readonly load: Float64Array;
  /** 1 where the trace has no data for the tick: an algorithm sees nothing there. */
  readonly missing: Uint8Array;
}

/** A trace that cannot be read; `problems` names every bad line and what to write instead. */
export class TraceError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "TraceError";
  }
}

const MOST_PROBLEMS_SHOWN = 10;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?:Z|\+00:00)?$/;

/**
 * Reads a time as seconds: `YYYY-MM-DD`, `YYYY-MM-DD HH:MM`, `YYYY-MM-DD HH:MM:SS` (all UTC, `T` or a space between) or plain seconds.
 * Returns undefined when it is none of these or no such day exists.
 */
export function parseTime(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  const match = DATE_TIME.exec(trimmed);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(ms);
  const real = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return real ? ms / 1000 : undefined;
}

/** Seconds as `YYYY-MM-DD HH:MM:SS` (UTC). */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 19).replace("T", " ");
}

/**
 * Parses a trace file.
 *
 * @throws TraceError listing the bad lines (at most ten of them).
 */
export function parseTrace(text: string): Trace {
  const lines = text.split(/\r?\n/);
  const problems: string[] = [];
  const header = (lines[0] ?? "")
    .replace(/^\uFEFF/, "")
    .split(",")
    .map((name) => name.trim().toLowerCase());
  if (header[0] !== "period" || header[1] !== "count") {
    throw new TraceError([`line 1 is "${(lines[0] ?? "").slice(0, 60)}": a trace starts with the header "period,count"`]);
  }
  const times: number[] = [];
  const counts: number[] = [];
  for (let index = 1; index < lines.length && problems.length < MOST_PROBLEMS_SHOWN; index++) {
    const line = lines[index] as string;
    if (line.trim() === "") continue;
    const cells = line.split(",");
    const time = parseTime(cells[0] ?? "");
    const count = /^\s*\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(cells[1] ?? "") ? Number(cells[1]) : NaN;
    if (time === undefined)
      problems.push(`line ${index + 1}: period "${(cells[0] ?? "").slice(0, 40)}" is no time; write YYYY-MM-DD HH:MM:SS or seconds`);
    else if (!Number.isFinite(count))
      problems.push(`line ${index + 1}: count "${(cells[1] ?? "").slice(0, 40)}" is no number of requests; write 0 or more`);
    else if (times.length > 0 && time <= (times[times.length - 1] as number)) {
      problems.push(`line ${index + 1}: period ${cells[0]} does not come after the row before it; sort the rows and keep one per period`);
    } else {
      times.push(time);
      counts.push(count);
    }
  }
  if (problems.length === 0 && times.length < 2)
    problems.push(`the trace has ${times.length} rows; at least two are needed to know the length of a period`);
  if (problems.length > 0) throw new TraceError(problems);
  const period = mostCommonDistance(times);
  return { times, rates: counts.map((count) => count / period), period };
}

function mostCommonDistance(times: readonly number[]): number {
  const seen = new Map<number, number>();
  for (let index = 1; index < times.length; index++) {
    const distance = (times[index] as number) - (times[index - 1] as number);
    seen.set(distance, (seen.get(distance) ?? 0) + 1);
  }
  return [...seen].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** What part of a trace to replay and how high. */
export interface ReplayOptions {
  /** First second replayed. @default the trace's first period */
  readonly from?: number;
  /** End, not replayed itself. @default the end of the trace's last period */
  readonly to?: number;
  /** The highest rate between `from` and `to` becomes this many requests per second; 0 leaves the rates as they are. @default 1400 */
  readonly peak?: number;
}

/**
 * Cuts and scales a trace into ticks.
 *
 * @throws TraceError when nothing of the trace lies between `from` and `to`.
 */
export function replay(trace: Trace, options: ReplayOptions = {}): Replay {
  const first = trace.times[0] as number;
  const last = trace.times[trace.times.length - 1] as number;
  const from = options.from ?? first;
  const to = options.to ?? last + trace.period;
  const ticks = Math.ceil((to - from) / TICK_SECONDS);
  if (!(ticks > 0)) throw new TraceError([`--from ${formatTime(from)} is not before --to ${formatTime(to)}`]);
  if (to <= first || from >= last + trace.period) {
    throw new TraceError([
      `nothing between ${formatTime(from)} and ${formatTime(to)}: the trace covers ${formatTime(first)} to ${formatTime(last + trace.period)}`,
    ]);
  }
  if (ticks > 50_000_000) throw new TraceError([`${ticks} ticks are too many; choose --from and --to nearer to each other`]);
  const load = new Float64Array(ticks);
  const missing = new Uint8Array(ticks);
  const fill = trace.period > TICK_SECONDS ? interpolate : average;
  fill(trace, from, load, missing);
  const peak = options.peak ?? 1400;
  if (peak > 0) scaleTo(trace, from, to, peak, load);
  return { start: from, load, missing };
}

/** Index of the last period that starts at or before the time; -1 before the first. */
function periodAt(times: readonly number[], time: number): number {
  let low = -1;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((times[middle] as number) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

function interpolate(trace: Trace, from: number, load: Float64Array, missing: Uint8Array): void {
  const { times, rates, period } = trace;
  let at = periodAt(times, from);
  for (let tick = 0; tick < load.length; tick++) {
    const time = from + tick * TICK_SECONDS;
    while (at + 1 < times.length && (times[at + 1] as number) <= time) at++;
    const here = times[Math.max(at, 0)] as number;
    const next = times[at + 1];
    const rate = rates[Math.max(at, 0)] as number;
    load[tick] = at < 0 || next === undefined ? rate : rate + ((rates[at + 1] as number) - rate) * ((time - here) / (next - here));
    if (at < 0 || time >= here + period * 1.5) missing[tick] = 1;
  }
}

function average(trace: Trace, from: number, load: Float64Array, missing: Uint8Array): void {
  const { times, rates, period } = trace;
  let at = Math.max(periodAt(times, from), 0);
  for (let tick = 0; tick < load.length; tick++) {
    const start = from + tick * TICK_SECONDS;
    const end = start + TICK_SECONDS;
    while (at + 1 < times.length && (times[at] as number) + period <= start) at++;
    let requests = 0;
    let covered = 0;
    for (let index = at; index < times.length && (times[index] as number) < end; index++) {
      const overlap = Math.min(end, (times[index] as number) + period) - Math.max(start, times[index] as number);
      if (overlap <= 0) continue;
      requests += (rates[index] as number) * overlap;
      covered += overlap;
    }
    if (covered > 0) load[tick] = requests / covered;
    else {
      missing[tick] = 1;
      load[tick] = tick > 0 ? (load[tick - 1] as number) : (rates[at] as number);
    }
  }
}

function scaleTo(trace: Trace, from: number, to: number, peak: number, load: Float64Array): void {
  let highest = 0;
  if (trace.period > TICK_SECONDS) {
    for (let index = Math.max(periodAt(trace.times, from), 0); index < trace.times.length && (trace.times[index] as number) < to; index++) {
      if ((trace.times[index] as number) >= from) highest = Math.max(highest, trace.rates[index] as number);
    }
  }
  if (highest === 0) highest = load.reduce((most, rate) => Math.max(most, rate), 0);
  if (highest === 0) return;
  for (let tick = 0; tick < load.length; tick++) load[tick] = ((load[tick] as number) * peak) / highest;
}
