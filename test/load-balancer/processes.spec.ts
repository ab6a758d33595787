import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import { Probed } from "./probed";
import type { Replica } from "./replica";

const FIXED: NginxOptions["routes"] = [{ name: "app", path: "/", respond: { status: 200, body: "here" } }];

/** Clients that only connect. */
const IDLE_CLIENTS = 40;

describe("nginx: processes", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  it("workers: as many as it is told", async () => {
    for (const workers of [1, 3]) {
      const probed = await Probed.start({ routes: FIXED, processes: { workers } });
      try {
        assert.equal(probed.workers().length, workers);
      } finally {
        await probed.stop();
      }
    }
  });

  for (const [connections, most] of [
    [16, 16],
    [undefined, IDLE_CLIENTS],
  ] as const) {
    it(`connections: ${connections ? `no more than ${connections} of ${IDLE_CLIENTS} are held, idle ones make room for a request` : "by default there is room for many"}`, async () => {
      const processes = { workers: 1, ...(connections === undefined ? {} : { connections }) };
      const nginx = await balancer.start({ routes: FIXED, processes });
      const sockets: Socket[] = [];
      try {
        for (let index = 0; index < IDLE_CLIENTS; index += 1) {
          const socket = connect(nginx.ports.http, "127.0.0.1").on("error", () => undefined);
          sockets.push(socket);
          await once(socket, "connect");
          socket.resume();
        }
        await sleep(1500);
        const open = sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length;
        assert.ok(open > 0 && open <= most, `${open} are open`);
        if (connections === undefined) assert.equal(open, IDLE_CLIENTS);
        assert.equal(/worker_connections are not enough/.test(nginx.errors), connections !== undefined, nginx.errors);
        assert.equal((await ask(nginx, "/")).text, "here");
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
  }

  it("shutdownTimeout: after a reload the worker of before ends what goes on for longer, and nothing sooner", async () => {
    const [replica] = (await balancer.replicas(1, () => undefined)) as [Replica];
    const route: ProxyRoute = { name: "app", path: "/", to: { host: replica.address, port: replica.port } };
    const [short, long] = [1, 300].map((shutdownTimeout) => ({ routes: [route], processes: { workers: 1, shutdownTimeout } }));
    for (const [options, ends] of [
      [short, true],
      [long, false],
    ] as const) {
      const nginx = await balancer.start(options ?? { routes: [route] });
      let ended = false;
      const asked = ask(nginx, "/", { timeout: 8000 }).catch((error: Error) => error.message);
      void asked.then(() => (ended = true));
      for (const deadline = Date.now() + 5000; replica.seen.length === 0 && Date.now() < deadline;) await sleep(50);
      await nginx.reload();
      await sleep(4000);
      assert.equal(ended, ends, `shutdownTimeout ${options?.processes.shutdownTimeout}`);
      replica.seen.splice(0);
      await asked;
    }
  });
});
