import assert from "node:assert/strict";
import { GROUP_SECONDS, Notifier } from "./notifier";

describe("notifications", () => {
  const slack = [{ kind: "slack" as const, url: "https://slack.invalid/x" }];
  it("go out grouped, limited and once", async () => {
    const sent: unknown[] = [];
    const notifier = new Notifier(slack, async (_url, body) => void sent.push(body));
    for (let index = 0; index < 30; index++) notifier.add({ service: "api", text: `line ${index % 25}` }, 0);
    await notifier.flush(0);
    assert.equal(sent.length, 1);
    assert.match(JSON.stringify(sent[0]), /and 5 more/);
    notifier.add({ service: "api", text: "line 1" }, 10);
    notifier.add({ service: "api", text: "new" }, 10);
    await notifier.flush(10);
    assert.equal(sent.length, 1);
    await notifier.flush(GROUP_SECONDS);
    assert.deepEqual(sent[1], { text: "*api*: new" });
  });

  it("are kept and retried later and later when they fail, and lose nothing", async () => {
    let [tries, broken] = [0, true];
    const sent: unknown[] = [];
    const notifier = new Notifier(slack, async (_url, body) => {
      tries++;
      if (broken) throw new Error("HTTP 500");
      sent.push(body);
    });
    notifier.add({ service: "api", text: "down" }, 0);
    for (let time = 0; time < 3600; time += 5) await notifier.flush(time);
    assert.ok(tries > 4 && tries < 14, `${tries}`);
    broken = false;
    await notifier.flush(10_000);
    assert.deepEqual(sent, [{ text: "*api*: down" }]);
  });
});
