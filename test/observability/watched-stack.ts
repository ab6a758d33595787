import { script } from "../swarm/commands";
import { config } from "../swarm/configuration";
import { Context } from "../swarm/context";
import { Engine } from "../swarm/engine";
import { Users } from "./users";
import { Webhook } from "./webhook";

/** A sample of an instant query. */
export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** The local stack with somebody who is told of alerts and somebody who uses it. */
export class WatchedStack {
  readonly context = new Context();
  webhook!: Webhook;
  #users: Users | undefined;

  async up(): Promise<void> {
    await script("down", ["--volumes", "--yes"]);
    this.webhook = await Webhook.start();
    await this.context.up(...config(`alerting.webhooks[0].url=${this.webhook.url}`, "alerting.groupWait=1", "alerting.groupInterval=5"));
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
