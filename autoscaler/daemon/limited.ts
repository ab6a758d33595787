/** Seconds that an engine or a server is given: one that hangs costs a turn, not the daemon. */
export const CALL_SECONDS = 10;

/** @throws Error when the work takes longer than `seconds` */
export async function limited<T>(work: Promise<T>, who: string, seconds = CALL_SECONDS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${who} did not answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Works on all items, `width` at a time, and begins none after `seconds`: a source that hangs holds nobody up for longer than that and
 * one call.
 *
 * @returns items that were not begun
 */
export async function inTime<T>(items: readonly T[], width: number, seconds: number, work: (item: T) => Promise<void>): Promise<T[]> {
  const waiting = [...items].reverse();
  const end = performance.now() + seconds * 1000;
  const lane = async () => {
    while (performance.now() < end) {
      const item = waiting.pop();
      if (item === undefined) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return waiting.reverse();
}
