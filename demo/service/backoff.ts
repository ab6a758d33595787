/** How long to wait between attempts to reach something that is down. All times in milliseconds. */
export interface BackoffOptions {
  /** Delay before the second attempt. @default 250 */
  first?: number;
  /** No delay is longer than this, so that recovery is noticed soon. @default 5000 */
  longest?: number;
  /** Source of chance in [0, 1). @default Math.random */
  random?: () => number;
}

/**
 * Exponential backoff with equal jitter: half of the doubled delay is certain, the other half is drawn, so that
 * replicas which lost the same database at the same moment do not return at the same moment.
 *
 * @param failures how many attempts have failed in a row, 1 after the first
 * @returns milliseconds to wait before the next attempt, within [first/2, longest]
 */
export function backoffDelay(failures: number, { first = 250, longest = 5000, random = Math.random }: BackoffOptions = {}): number {
  // 2^30 times any sensible first delay is beyond any sensible limit; the bound keeps the power finite.
  const ceiling = Math.min(longest, first * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.round(ceiling / 2 + random() * (ceiling / 2));
}
