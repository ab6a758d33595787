import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CHECKOUT, script } from "../swarm/commands";
import { config } from "../swarm/configuration";
import { Context } from "../swarm/context";
import { Engine } from "../swarm/engine";
import { FullDisk } from "./full-disk";
import { Users } from "./users";
import { Webhook } from "./webhook";

/** A sample of an instant query. */
export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** A folder on the disk of the stack's images and volumes. */
async function homeOfTheEngine(): Promise<string> {
  const { paths } = (await import(pathToFileURL(join(CHECKOUT, "toolchain/paths.mjs")).href)) as { paths(): { engine: string } };
  const { engine } = paths();
  mkdirSync(engine, { recursive: true });
  return engine;
}

/** The local stack with somebody who is told of alerts and somebody who uses it. */
export class WatchedStack {
  readonly context = new Context();
  webhook!: Webhook;
  disk!: FullDisk;
  #users: Users | undefined;

  async up(): Promise<void> {
    await script("down", ["--volumes", "--yes"]);
    this.webhook = await Webhook.start();
    this.disk = new FullDisk(await homeOfTheEngine());
    await this.context.up(
      ...config(
        `alerting.webhooks[0].url=${this.webhook.url}`,
        "alerting.groupWait=1",
        "alerting.groupInterval=5",
        `prometheus.thresholds.diskUsed=${this.disk.threshold}`,
        // So that there is a forecast, far above what the users of a test bring about.
        "backend.scale.requestsPerSecond=500",
      ),
    );
    this.#users = new Users(this.context.app);
  }

  async down(): Promise<void> {
    await this.#users?.stop();
    await this.webhook?.stop();
    await script("down", ["--volumes", "--yes"], { timeout: 300_000 });
    await Engine.stop();
  }

  /** What a query returns now; values that are no number left out. */
  async query(expr: string): Promise<Sample[]> {
    const { result } = await this.context.app.prometheus<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`);
    return result.filter(({ value: [, text] }) => text !== "NaN");
  }
}
