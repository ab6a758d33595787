import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { settingsOf } from "@testbro/components/observability";
import { answersEveryPanel } from "./panels";
import { raises } from "./raises";
import { WatchedStack } from "./watched-stack";

describe("the local stack, watched", function () {
  this.timeout(900_000);
  this.slow(60_000);
  const stack = new WatchedStack();
  before("is up, in use, with a receiver of alerts", () => stack.up());
  after("leaves nothing", () => stack.down());

  it("answers every query of every panel of every dashboard", async () => {
    await answersEveryPanel((expr) => stack.query(expr), settingsOf({}));
  });

  it("gives no series to what a client makes up", async () => {
    const mark = `made-up-${randomUUID().slice(0, 8)}`;
    const { app } = stack.context;
    const before = Number((await stack.query('count({__name__=~".+",tier=~"app|load-balancer"})'))[0]?.value[1]);
    for (let count = 0; count < 60; count += 1) {
      const headers = {
        "x-request-id": `${mark}-${count}`,
        "user-agent": `${mark}-${count}`,
        referer: `https://${mark}-${count}.example/`,
      };
      const path = ["/", "/api/", "/api/runs/", "/prometheus"][count % 4];
      await app
        .request(`${path}${mark}-${count}?q=${mark}`, { method: ["GET", "POST", "DELETE", "PROPFIND"][count % 4], headers })
        .catch(() => undefined);
    }
    await new Promise((next) => setTimeout(next, 12_000));
    const labels = await app.prometheus<string[]>("labels");
    for (const label of labels) {
      const values = await app.prometheus<string[]>(`label/${label}/values`);
      assert.deepEqual(
        values.filter((value) => value.toLowerCase().includes(mark)),
        [],
        `values of ${label}`,
      );
    }
    const after = Number((await stack.query('count({__name__=~".+",tier=~"app|load-balancer"})'))[0]?.value[1]);
    // A new route or status brings a handful of series, each histogram its buckets; sixty requests of their own would bring hundreds.
    assert.ok(after - before < 400, `${before} series before, ${after} after`);
  });

  it("evaluates all its rules, scrapes all its targets, and has no alert to tell of", async () => {
    const { groups } = await stack.context.app.prometheus<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>("rules");
    const broken = groups.flatMap(({ rules }) => rules).filter(({ health }) => health !== "ok");
    assert.deepEqual(broken, []);
    assert.deepEqual(await stack.query("up == 0"), []);
    const firing = await stack.query('ALERTS{alertstate="firing",alertname!~"Node.*|Disk.*|Container(Cpu|Memory)High|.*Latency.*"}');
    // How busy or full the machine of the test is, is not the stack's to say.
    assert.deepEqual(firing, []);
  });

  raises(stack, {
    fault: "Redis stops",
    // 20 s, a scrape, an evaluation and the group's wait; and a slow machine.
    alerts: { RedisDown: 75 },
    break: () => stack.context.engine.docker("service", "scale", "--detach", `${stack.context.service("redis")}=0`),
    mend: () => stack.context.engine.docker("service", "scale", "--detach", `${stack.context.service("redis")}=1`),
  });
});
