/**
 * Works on so many things at a time and lets the others wait. A thousand requests that are begun at once are a thousand sockets, or as
 * many half-made requests in memory; waiting, they are nothing.
 */
export class Lanes {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(width: number) {
    this.free = width;
  }

  /** @param seconds until when the work has to begin @throws Error when it has not begun by then, without beginning it */
  async run<T>(work: (left: number) => Promise<T>, seconds: number, late: string): Promise<T> {
    const end = performance.now() + seconds * 1000;
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      const left = (end - performance.now()) / 1000;
      if (left <= 0) throw new Error(late);
      return await work(left);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
