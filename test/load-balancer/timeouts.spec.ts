import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectSecurely, type TLSSocket } from "node:tls";
import type { NginxOptions } from "@testbro/components/load-balancer/nginx";
import WebSocket, { WebSocketServer } from "ws";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import type { Replica } from "./replica";

/** Milliseconds that a busy machine may add to what is waited for. */
const SLACK = 4000;

/** Bytes that no pair of sockets on loopback keeps for a reader that does not read. */
const MORE_THAN_BUFFERS = 24 * 2 ** 20;

const FIXED: NginxOptions["routes"] = [{ name: "app", path: "/", respond: { status: 200, body: "here" } }];

describe("nginx: timeouts", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  for (const [send, ends] of [
    [1, true],
    [30, false],
  ] as const) {
    it(`upstream send ${send} s: a replica that does not read ${ends ? "costs a 504" : "is waited for"}`, async () => {
      const held: Socket[] = [];
      const deaf = createServer({ pauseOnConnect: true }, (socket) => held.push(socket.on("error", () => undefined)));
      deaf.listen(0, "127.0.4.1");
      await once(deaf, "listening");
      try {
        const to = { host: "127.0.4.1", port: (deaf.address() as AddressInfo).port };
        const route = { name: "app", path: "/", to, maxBodySize: "32m", timeouts: { send, read: 30 } } as const;
        const nginx = await balancer.start({ routes: [route] });
        const question = { method: "POST", body: Buffer.alloc(MORE_THAN_BUFFERS), timeout: send * 1000 + 2 * SLACK };
        const answer = ask(nginx, "/", question).then(
          ({ status }) => status,
          () => "none",
        );
        const first = await Promise.race([answer, sleep(1000 + SLACK, "waits", { ref: false })]);
        assert.equal(first, ends ? 504 : "waits");
        assert.equal(held.length, 1, "it was sent once");
      } finally {
        for (const socket of held) socket.destroy();
        deaf.close();
      }
    });
  }

  /** Milliseconds until the balancer closes a connection on which one request was answered; undefined when it does not within some time. */
  async function idleUntil(nginx: Nginx, patience: number): Promise<number | undefined> {
    const socket = connect(nginx.ports.http, "127.0.0.1");
    try {
      socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await once(socket, "data");
      const answered = performance.now();
      const closed = once(socket.resume(), "end").then(() => performance.now() - answered);
      return await Promise.race([closed, sleep(patience, undefined, { ref: false })]);
    } finally {
      socket.destroy();
    }
  }

  it("client keepalive: an idle connection is closed after it, and not before", async () => {
    const short = await balancer.start({ routes: FIXED, timeouts: { keepalive: 2 } });
    const took = await idleUntil(short, 2000 + SLACK);
    assert.ok(took !== undefined && took > 1500, `closed after ${took} ms`);
    const usual = await balancer.start({ routes: FIXED });
    assert.equal(await idleUntil(usual, 2000 + SLACK), undefined);
  });

  function handshake(nginx: Nginx, session?: Buffer): Promise<TLSSocket> {
    const options = { servername: "localhost", ca: nginx.ca, maxVersion: "TLSv1.2" as const, ...(session ? { session } : {}) };
    return new Promise((resolve, reject) => {
      const socket = connectSecurely({ host: "127.0.0.1", port: nginx.ports.https, ...options }, () => resolve(socket.end()));
      socket.on("error", reject);
    });
  }

  it("TLS sessionTimeout: a session is resumed within it, and not after", async () => {
    for (const [sessionTimeout, resumed] of [
      [2, false],
      [60, true],
    ] as const) {
      const nginx = await balancer.start({ routes: FIXED, tls: { sessionTimeout } });
      const session = (await handshake(nginx)).getSession();
      assert.equal((await handshake(nginx, session)).isSessionReused(), true);
      await sleep(3500);
      assert.equal((await handshake(nginx, session)).isSessionReused(), resumed, `after 3.5 s of ${sessionTimeout}`);
    }
  });

  it("shutdownTimeout: a WebSocket of before a reload is closed after it, and not before", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const sockets = new WebSocketServer({ server: replica.server });
    const route = { name: "ws", path: "/", to: { host: replica.address, port: replica.port }, websocket: true };
    const nginx = await balancer.start({ routes: [route], processes: { workers: 1, shutdownTimeout: 3 } });
    const socket = new WebSocket(`ws://127.0.0.1:${nginx.ports.http}/`, { headers: { host: "localhost" } });
    try {
      await once(socket, "open");
      const closed = once(socket, "close").then(() => performance.now());
      const reloaded = performance.now();
      await nginx.reload();
      const took = (await Promise.race([closed, sleep(3000 + 2 * SLACK, Infinity, { ref: false })])) - reloaded;
      assert.ok(took > 2500 && took < Infinity, `closed after ${took} ms`);
    } finally {
      socket.terminate();
      sockets.close();
    }
  });
});
