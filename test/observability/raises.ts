import assert from "node:assert/strict";
import { eventually } from "../swarm/commands";
import type { WatchedStack } from "./watched-stack";

/** A fault and the alert that it has to raise. */
export interface Fault {
  /** What happens. */
  fault: string;
  alert: string;
  /** Seconds after which the receiver knows. */
  within: number;
  /** Seconds after which it knows that it is over. @default 120 */
  clears?: number;
  break(): Promise<unknown>;
  mend(): Promise<unknown>;
}

/** The alert reaches the receiver in time, says what, how bad and what to do, and is taken back once the fault is gone. */
export function raises(stack: WatchedStack, { fault, alert, within, clears = 120, ...act }: Fault): void {
  it(`${fault}: ${alert} reaches the receiver within ${within} s, and its end within ${clears} s`, async () => {
    const broken = Date.now();
    await act.break();
    let told;
    try {
      told = await eventually(within, () => stack.webhook.find(alert, "firing", broken) ?? assert.fail(`${alert} was not told`));
    } finally {
      await act.mend();
    }
    const { labels, annotations } = told.alert;
    assert.match(labels["severity"] ?? "", /^(critical|warning)$/);
    assert.ok(annotations["summary"] && annotations["description"]);
    assert.match(annotations["runbook_url"] ?? "", new RegExp(`docs/runbooks/[a-z-]+\\.md#${alert.toLowerCase()}$`));
    const mended = Date.now();
    const over = await eventually(
      clears,
      () => stack.webhook.find(alert, "resolved", mended) ?? assert.fail(`the end of ${alert} was not told`),
    );
    console.log(
      `      told after ${Math.round((told.at - broken) / 1000)} s, over ${Math.round((over.at - mended) / 1000)} s after it was mended`,
    );
  });
}
