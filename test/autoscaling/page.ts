import { type AddressInfo } from "node:net";
import { settingsSchema } from "@testbro/autoscaler/dist/config/settings";
import { Daemon } from "@testbro/autoscaler/dist/daemon/daemon";
import { Readings } from "@testbro/autoscaler/dist/daemon/readings";
import { type Saved, type Store } from "@testbro/autoscaler/dist/daemon/store";
import { Notifier } from "@testbro/autoscaler/dist/notify/notifier";
import { Metrics } from "@testbro/autoscaler/dist/server/metrics";
import { createServer } from "@testbro/autoscaler/dist/server/server";

/** Seconds between two turns, and turns that have been: 25 minutes. */
const INTERVAL = 5;
const TURNS = 300;

/** The status page of a real daemon that has lived through a morning's rise of two services; only the engine behind it is not one. */
export class ShownPage {
  private constructor(
    readonly url: string,
    readonly daemon: Daemon,
    private readonly close_: () => Promise<void>,
  ) {}

  static async open(token = "secret"): Promise<ShownPage> {
    let time = Date.now() / 1000 - TURNS * INTERVAL;
    const desired: Record<string, number> = { "testbro-backend": 2, "testbro-frontend": 2 };
    let saved: Saved = { version: 1, memories: {}, pauses: {}, log: {} };
    const load = (turn: number) => 60 + 240 / (1 + Math.exp((120 - turn) / 15)) + 6 * Math.sin(turn);
    let turn = 0;
    const settings = settingsSchema.parse({
      max: 8,
      services: {
        "testbro-backend": { queries: [{ name: "requests", kind: "rate", query: "backend", target: 50 }] },
        "testbro-frontend": { max: 5 },
      },
    });
    const daemon = new Daemon({
      settings,
      target: {
        list: async () =>
          Object.entries(desired).map(([name, count]) => ({
            name,
            labels: { "autoscaler.enable": "true" },
            desired: count,
            ready: count,
            containers: [],
          })),
        scale: async (service, count) => {
          desired[service] = count;
        },
      },
      readings: new Readings(settings, {
        stats: async ({ name, desired: count }) => ({
          cpu: name === "testbro-backend" ? load(turn) / count / 2 : 35,
          memory: 40,
          cpuReporting: count,
          memoryReporting: count,
        }),
        query: async () =>
          turn < TURNS - 1 ? { value: load(turn), age: 0 } : { problem: "Prometheus does not answer: connection refused" },
      }),
      store: { load: () => saved, save: (next: Saved) => void (saved = next) } as unknown as Store,
      lease: { hold: async () => true, release: async () => undefined },
      notifier: new Notifier([]),
      gauge: new Metrics(),
      log: { info: () => undefined, warn: () => undefined },
      now: () => time,
    });
    for (; turn < TURNS; turn++, time += INTERVAL) await daemon.cycle();
    const server = createServer({ daemon, metrics: new Metrics(), token, pathPrefix: "/autoscaler", now: () => time });
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as AddressInfo;
    return new ShownPage(`http://127.0.0.1:${port}/autoscaler/`, daemon, async () => void (await server.close()));
  }

  close(): Promise<void> {
    return this.close_();
  }
}
