import assert from "node:assert/strict";
import { withAttacks } from "./fixture";

/** The balancer's defaults, and what a busy test machine may add to them; milliseconds. */
const HEADER_TIMEOUT = 10_000;
const BODY_TIMEOUT = 10_000;
const SLACK = 4_000;

describe("nginx under attack: too slow", function () {
  this.timeout(120_000);
  const attacks = withAttacks();

  const slowest = (times: readonly number[]) => Math.max(...times);

  it("headers and bodies that never end lose their connections in time (slowloris); others notice nothing", async () => {
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start();
    const to = attacker.to(nginx);
    const start = `POST / HTTP/1.1\r\nHost: localhost:${nginx.ports.https}\r\n`;
    const patience = HEADER_TIMEOUT + SLACK;
    const [headers, silent, bodies, seen] = await Promise.all([
      attacker.run("slow", to, { connections: 200, first: start, drip: { text: "X-A: b\r\n", every: 1000 }, patience }),
      attacker.run("slow", to, { connections: 30, first: "", patience }),
      attacker.run("slow", to, { connections: 100, first: `${start}Content-Length: 1000\r\n\r\nabc`, patience: BODY_TIMEOUT + SLACK }),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 14 }),
    ]);
    unharmed(seen);
    for (const [what, count, { closedAfter }] of [
      ["headers", 200, headers],
      ["silence", 30, silent],
      ["bodies", 100, bodies],
    ] as const) {
      assert.equal(closedAfter.length, count, `${count - closedAfter.length} connections with slow ${what} stayed open`);
      assert.ok(slowest(closedAfter) < patience);
    }
    // None of the unfinished requests got as far as a replica.
    assert.equal(replica.seen.filter((line) => line.startsWith("POST")).length, 0);
  });

  it("bodies that drip hold no more connections than a client may have, and no replica at all", async () => {
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start({}, { limits: { connections: { perClient: 20 } } });
    const first = `POST / HTTP/1.1\r\nHost: localhost:${nginx.ports.https}\r\nContent-Length: 1000\r\n\r\n`;
    const [bodies, seen] = await Promise.all([
      attacker.run("slow", attacker.to(nginx), { connections: 60, first, drip: { text: "x", every: 500 }, patience: 4000 }),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 4 }),
    ]);
    assert.equal(bodies.answers["HTTP/1.1 429 Too Many Requests"], 40);
    assert.equal(replica.seen.filter((line) => line.startsWith("POST")).length, 0);
    unharmed(seen);
  });

  it("a client that does not read its answers is let go, and holds no replica meanwhile", async () => {
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start({}, { timeouts: { send: 2 } });
    // Made once: a replica that is busy with making answers would keep others waiting by itself.
    const large = Buffer.alloc(4 * 2 ** 20);
    replica.handler = (request, response) => response.end(request.url === "/large" ? large : "ok");
    const [held, seen] = await Promise.all([
      attacker.run("deaf", attacker.to(nginx), { path: "/large", connections: 30, patience: 8000 }),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 5 }),
    ]);
    assert.equal(held.closedAfter.length, 30);
    unharmed(seen);
  });
});
