import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../swarm/commands";

/** Shares of the disk: what may come and go by others while the test runs, and what the test takes. */
const ROOM = 0.02;
const TAKEN = 0.04;

/** The disk that the engine's data is on, and a threshold a little above its use. */
export class FullDisk {
  private readonly file: string;
  private readonly size: number;
  /** Share in use from which the alert is wanted. */
  readonly threshold: number;
  /** Why it cannot be filled: it would leave too little to everybody else. Undefined when it can. */
  readonly lacks: string | undefined;

  /** @param folder on the engine's disk */
  constructor(folder: string) {
    const { blocks, bavail, bsize } = statfsSync(folder);
    this.file = join(folder, "filled-by-a-test");
    this.size = Math.ceil(TAKEN * blocks) * bsize;
    const enough = bavail * bsize > 2 * this.size;
    this.lacks = enough ? undefined : `the disk of ${folder} has no room for two files of ${TAKEN * 100}% of it`;
    this.threshold = Math.min(0.99, Number((1 - bavail / blocks + ROOM).toFixed(3)));
  }

  /** Takes the room without writing anything. */
  async fill(): Promise<void> {
    await must("fallocate", ["--length", String(this.size), this.file]);
  }

  async empty(): Promise<void> {
    await rm(this.file, { force: true });
  }
}
