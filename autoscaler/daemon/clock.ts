import { uptime } from "node:os";

/** Two clocks: what time it is, and how long things take. */
export interface Clock {
  /** Seconds since 1970; somebody may set it. */
  now(): number;
  /** Seconds since some moment, which nobody can set; goes on while the machine sleeps. */
  steady(): number;
}

/** The machine's own: its time of day, and the time since it was started. */
export const SYSTEM_CLOCK: Clock = { now: () => Date.now() / 1000, steady: () => uptime() };

/** Less than this is drift and correction, which no cooldown or window notices. */
const JUMP_SECONDS = 10;

/** Notices when the time of day was set. */
export class ClockWatch {
  private last: { readonly now: number; readonly steady: number } | undefined;

  /** @returns seconds by which the clock was set since the last look, back is negative; 0 if it just went on */
  look(now: number, steady: number): number {
    const jump = this.last === undefined ? 0 : now - this.last.now - (steady - this.last.steady);
    this.last = { now, steady };
    return Math.abs(jump) >= JUMP_SECONDS ? jump : 0;
  }
}
