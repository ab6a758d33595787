import assert from "node:assert/strict";
import { chosenAll, describeDashboards, type Settings } from "@testbro/components/observability";
import { eventually } from "../swarm/commands";

/** Seconds until rates over a minute have their samples. */
const FILLED_SECONDS = 150;

/**
 * Asks every query of every panel until each has been answered with data.
 * @param query asks the live Prometheus
 * @param titles dashboards to ask. @default all
 */
export async function answersEveryPanel(query: (expr: string) => Promise<unknown[]>, settings: Settings, titles?: string[]): Promise<void> {
  const asked = describeDashboards(settings)
    .filter(({ title }) => titles?.includes(title) ?? true)
    .flatMap(({ title: dashboard, rows }) =>
      rows.flatMap(({ panels }) =>
        panels.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ panel: `${dashboard}: ${title}`, expr }))),
      ),
    );
  assert.ok(asked.length > (titles?.length ?? 4) * 8, `only ${asked.length} queries`);
  let left = asked;
  await eventually(
    FILLED_SECONDS,
    async () => {
      const answers = await Promise.all(left.map(async (each) => ({ each, samples: await query(chosenAll(each.expr)) })));
      left = answers.filter(({ samples }) => samples.length === 0).map(({ each }) => each);
      assert.deepEqual(left, []);
    },
    5000,
  );
}
