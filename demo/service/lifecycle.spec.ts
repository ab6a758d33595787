import assert from "node:assert/strict";
import pino from "pino";
import { Lifecycle } from "./lifecycle";

const logger = pino({ level: "silent" });

function recorded(drainSeconds: number, finishSeconds?: number) {
  const started = performance.now();
  const events: { name: string; at: number }[] = [];
  const record = (name: string) => events.push({ name, at: (performance.now() - started) / 1000 });
  const lifecycle = new Lifecycle({ logger, drainSeconds, finishSeconds, exit: (code) => record(`exit ${code}`) });
  return { lifecycle, events, record, names: () => events.map(({ name }) => name) };
}

describe("Lifecycle", () => {
  it("drains, warns long-lived connections, finishes open work, then closes connections and exits 0", async () => {
    const { lifecycle, events, record, names } = recorded(0.4);
    for (const when of ["last", "close", "late", "drain"] as const) lifecycle.add({ name: when, when, run: () => record(when) });
    assert.equal(lifecycle.draining, false);
    const stopped = lifecycle.stop("SIGTERM");
    assert.equal(lifecycle.draining, true);
    await stopped;
    assert.deepEqual(names(), ["drain", "late", "close", "last", "exit 0"]);
    const at = Object.fromEntries(events.map(({ name, at }) => [name, at]));
    assert.ok((at.late ?? 0) >= 0.19 && (at.close ?? 0) >= 0.39, JSON.stringify(at));
  });

  it("waits for work that began at the drain before it closes connections", async () => {
    const { lifecycle, record, names } = recorded(0);
    const work = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      record("job done");
    };
    lifecycle.add({ name: "worker", when: "drain", run: work });
    lifecycle.add({ name: "pool", when: "last", run: () => record("pool closed") });
    await lifecycle.stop("SIGTERM");
    assert.deepEqual(names(), ["job done", "pool closed", "exit 0"]);
  });

  it("cuts off work that does not finish and says so with exit code 1", async () => {
    const { lifecycle, record, names } = recorded(0, 0.05);
    lifecycle.add({ name: "stuck", when: "close", run: () => new Promise(() => undefined) });
    lifecycle.add({ name: "pool", when: "last", run: () => record("pool closed") });
    await lifecycle.stop("SIGTERM");
    assert.deepEqual(names(), ["pool closed", "exit 1"]);
  });

  it("does every other step when one fails", async () => {
    const { lifecycle, record, names } = recorded(0);
    lifecycle.add({
      name: "broken",
      when: "close",
      run: () => {
        throw new Error("no");
      },
    });
    lifecycle.add({ name: "pool", when: "last", run: () => record("pool closed") });
    await lifecycle.stop("SIGTERM");
    assert.deepEqual(names(), ["pool closed", "exit 1"]);
  });

  it("stops once, however many signals arrive", async () => {
    const { lifecycle, names } = recorded(0);
    await Promise.all([lifecycle.stop("SIGTERM"), lifecycle.stop("SIGTERM"), lifecycle.stop("SIGINT")]);
    assert.deepEqual(names(), ["exit 0"]);
  });
});
