import assert from "node:assert/strict";
import { eventually } from "../swarm/commands";
import type { WatchedStack } from "./watched-stack";
import type { Wanted } from "./webhook";

/** A fault and the alerts that it has to raise. */
export interface Fault {
  /** What happens. */
  fault: string;
  /** Alerts, and seconds after which the receiver knows of each. */
  alerts: Record<string, number>;
  /** End of the name of the workload that the alerts are about, or that each is. @default whichever */
  workload?: string | Record<string, string>;
  /** Seconds after which the receiver knows that it is over. @default 120 */
  clears?: number;
  /** Why it cannot be tried here; undefined when it can. */
  unless?(): string | undefined;
  break(): Promise<unknown>;
  mend(): Promise<unknown>;
}

/** The alerts reach the receiver in time, say what, how bad and what to do, and are taken back once the fault is gone. */
export function raises(stack: WatchedStack, { fault, alerts, workload, clears = 120, ...act }: Fault): void {
  const names = Object.keys(alerts);
  const wanted = (alert: string, status: Wanted["status"], since: number): Wanted => {
    const about = typeof workload === "object" ? workload[alert] : workload;
    return { alert, status, since, ...(about === undefined ? {} : { workload: about }) };
  };

  it(`${fault}: ${names.join(" and ")} reach the receiver in time, and their end within ${clears} s`, async function () {
    const reason = act.unless?.();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const broken = Date.now();
    const seconds = (at: number, since: number) => Math.round((at - since) / 1000);
    const said: string[] = [];
    let mended = broken;
    try {
      await act.break();
      for (const [alert, within] of Object.entries(alerts)) {
        const left = within - (Date.now() - broken) / 1000;
        const told = await eventually(
          left,
          () => stack.webhook.find(wanted(alert, "firing", broken)) ?? assert.fail(`${alert} was not told within ${within} s`),
        );
        const { labels, annotations } = told.alert;
        assert.match(labels["severity"] ?? "", /^(critical|warning)$/);
        assert.ok(annotations["summary"] && annotations["description"]);
        assert.match(annotations["runbook_url"] ?? "", new RegExp(`docs/runbooks/[a-z-]+\\.md#${alert.toLowerCase()}$`));
        said.push(`${alert} told after ${seconds(told.at, broken)} s`);
      }
    } finally {
      // The end may be told before the mending has ended: a rollback is waited for longer than it takes to help.
      mended = Date.now();
      await act.mend();
    }
    for (const alert of names) {
      const left = clears - (Date.now() - mended) / 1000;
      const over = await eventually(
        left,
        () => stack.webhook.find(wanted(alert, "resolved", mended)) ?? assert.fail(`the end of ${alert} was not told within ${clears} s`),
      );
      said.push(`over ${seconds(over.at, mended)} s after it was mended`);
    }
    console.log(`      ${said.join(", ")}`);
  });
}
