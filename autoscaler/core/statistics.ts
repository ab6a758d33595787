/** A measured value and its time in seconds. */
export interface Sample {
  readonly time: number;
  readonly value: number;
}

/** A rise that can be relied on. */
export interface Ramp {
  /** Rise per second; 0 where there is none. */
  readonly slope: number;
  /** Seconds it has been watched for. */
  readonly seconds: number;
}

/** Samples the noise is estimated from: five minutes at five seconds, enough for an estimate within about 15 %. */
const NOISE_SAMPLES = 60;
/** Fewer differences than this say nothing about noise. */
const LEAST_DIFFERENCES = 6;
/** A normal distribution's median absolute deviation is 0.6745 standard deviations. */
const MEDIAN_TO_SIGMA = 0.6745;
/** A second difference of independent noise has variance 1 + 4 + 1. */
const SECOND_DIFFERENCE_VARIANCE = 6;

/**
 * Standard deviation of the noise. Taken from second differences, so that a ramp is not noise, and from their median, so that one false sample
 * or one step does not widen it.
 */
export function noiseOf(samples: readonly Sample[]): number {
  const from = Math.max(2, samples.length - NOISE_SAMPLES);
  const size = samples.length - from;
  if (size < LEAST_DIFFERENCES) return 0;
  const differences = new Float64Array(size);
  for (let index = from; index < samples.length; index++) {
    differences[index - from] = Math.abs(valueAt(samples, index) - 2 * valueAt(samples, index - 1) + valueAt(samples, index - 2));
  }
  differences.sort();
  const upper = differences[size >> 1] as number;
  const median = size % 2 === 1 ? upper : (upper + (differences[(size >> 1) - 1] as number)) / 2;
  return median / MEDIAN_TO_SIGMA / Math.sqrt(SECOND_DIFFERENCE_VARIANCE);
}

/** A jump of half the load and five standard deviations is either a step or a false sample; the next sample tells which. */
const JUMP_SHARE = 0.5;
const JUMP_SIGMAS = 5;

/** The newest value; a lone jump upwards counts as the mean of three samples until the next sample confirms it. */
export function confirmedValue(samples: readonly Sample[], sigma: number): number {
  const size = samples.length;
  const last = valueAt(samples, size - 1);
  if (size < 3) return last;
  const calm = Math.max(valueAt(samples, size - 2), valueAt(samples, size - 3));
  return last - calm > Math.max(JUMP_SIGMAS * sigma, JUMP_SHARE * calm) ? shortMean(samples) : last;
}

/** Mean of the three newest samples: fifteen seconds by default, what Kubernetes' metrics pipeline averages over. */
export function shortMean(samples: readonly Sample[]): number {
  const size = samples.length;
  let sum = 0;
  const taken = Math.min(3, size);
  for (let index = size - taken; index < size; index++) sum += valueAt(samples, index);
  return sum / taken;
}

/**
 * Windows the level may be taken from, and how many standard errors a shorter one must differ to be believed. Three is the usual line; a short
 * window is looked at far more often than it holds new data (17,280 times a day), so it needs more: at 4.5 chance crosses it once a month.
 */
const LEVELS = [
  { length: 60, trust: 3 },
  { length: 24, trust: 3 },
  { length: 12, trust: 3.5 },
  { length: 6, trust: 4 },
  { length: 3, trust: 4.5 },
  { length: 2, trust: 4.5 },
  { length: 1, trust: 8 },
] as const;

/** Level of the load now: the mean of the longest window that no shorter one contradicts beyond doubt. `newest` stands for the last sample. */
export function levelOf(samples: readonly Sample[], newest: number, sigma: number): number {
  const size = samples.length;
  if (sigma === 0) return newest;
  const sums = new Float64Array(size + 1);
  sums[1] = newest;
  for (let taken = 2; taken <= size; taken++) sums[taken] = (sums[taken - 1] as number) + valueAt(samples, size - taken);
  let level = (sums[size] as number) / size;
  for (const { length, trust } of LEVELS) {
    if (length > size) continue;
    const mean = (sums[length] as number) / length;
    if (Math.abs(mean - level) > (trust * sigma) / Math.sqrt(length)) level = mean;
  }
  return level;
}

/** Windows a ramp is looked for in; a slope counts beyond `trust` standard errors, more for short windows for the reason given at LEVELS. */
const RAMPS = [
  { length: 3, trust: 6 },
  { length: 6, trust: 5 },
  { length: 12, trust: 4 },
  { length: 24, trust: 4 },
] as const;

/**
 * The steepest rise that can be relied on: a least-squares line over one of several windows, less one standard error, and no steeper than what
 * every shorter window up to the newest two differences carries on. So a step is not a ramp, and neither is a ramp that has ended.
 */
export function rampOf(samples: readonly Sample[], newest: number, sigma: number): Ramp {
  const size = samples.length;
  let best: Ramp = { slope: 0, seconds: 0 };
  if (size < 3) return best;
  const [a, b, c] = [samples[size - 3] as Sample, samples[size - 2] as Sample, samples[size - 1] as Sample];
  const recent = Math.min((newest - b.value) / (c.time - b.time), (b.value - a.value) / (b.time - a.time));
  let carried = recent + (sigma * Math.SQRT2 * 2) / (c.time - a.time);
  for (const { length, trust } of RAMPS) {
    if (size < length || carried <= 0) break;
    const fit = fitLine(samples, size - length, newest);
    const error = sigma / Math.sqrt(fit.spread);
    const slope = Math.min(fit.slope - error, carried);
    if (fit.slope > trust * error && slope > best.slope) best = { slope, seconds: c.time - (samples[size - length] as Sample).time };
    carried = Math.min(carried, fit.slope + error);
  }
  return best;
}

function fitLine(samples: readonly Sample[], from: number, newest: number): { slope: number; spread: number } {
  const size = samples.length;
  let meanTime = 0;
  let meanValue = 0;
  for (let index = from; index < size; index++) {
    meanTime += (samples[index] as Sample).time;
    meanValue += index === size - 1 ? newest : valueAt(samples, index);
  }
  meanTime /= size - from;
  meanValue /= size - from;
  let spread = 0;
  let product = 0;
  for (let index = from; index < size; index++) {
    const distance = (samples[index] as Sample).time - meanTime;
    spread += distance * distance;
    product += distance * ((index === size - 1 ? newest : valueAt(samples, index)) - meanValue);
  }
  return { slope: product / spread, spread };
}

function valueAt(samples: readonly Sample[], index: number): number {
  return (samples[index] as Sample).value;
}
