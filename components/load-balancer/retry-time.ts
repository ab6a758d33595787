/** Seconds within which another attempt may start, where a replica's time to answer is short. */
export const RETRY_SECONDS = 10;

/** Seconds for connecting and the like beside the time to answer. */
const BESIDE_READ_SECONDS = 5;

/**
 * Seconds within which another attempt may start where a route says nothing: long enough for one after a replica that hangs, which is noticed when
 * `timeouts.read` is over.
 * @param read seconds a replica may be silent
 */
export function retrySecondsAfter(read: number): number {
  return Math.max(RETRY_SECONDS, read + BESIDE_READ_SECONDS);
}
