import { setTimeout as sleep } from "node:timers/promises";
import { Replica, type Handler } from "./replica";
import { Traefik, traefikProgram, type TraefikTest } from "./traefik";

/** What a spec uses: everything it starts ends with the test that started it. */
export interface TraefikBalancer {
  start(test: TraefikTest): Promise<Traefik>;
  replicas(count: number, handler?: Handler): Promise<Replica[]>;
}

/** Declares the hooks of a suite that needs a real Traefik; skips it, saying why, where none can be had. */
export function withTraefik(): TraefikBalancer {
  const running: Traefik[] = [];
  const replicas: Replica[] = [];
  before(async function () {
    // A build from source, where nothing can be downloaded and none was built before.
    this.timeout(1_800_000);
    try {
      await traefikProgram();
    } catch (error) {
      console.log(`skipped, because there is no Traefik to test with: ${(error as Error).message}`);
      this.skip();
    }
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((traefik) => traefik.stop()));
    await Promise.all(replicas.splice(0).map((replica) => replica.kill()));
  });
  return {
    async start(test) {
      const traefik = await Traefik.start(test);
      running.push(traefik);
      return traefik;
    },
    async replicas(count, handler) {
      const started = await Replica.several(count, handler);
      replicas.push(...started);
      return started;
    },
  };
}

/** The replicas as a route's targets. */
export function targets(replicas: readonly Replica[]): { host: string; port: number }[] {
  return replicas.map(({ address, port }) => ({ host: address, port }));
}

/** Waits until something holds. @throws Error after `seconds` */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(50);
  }
}
