import assert from "node:assert/strict";
import { needsContainer } from "../fixture";
import { withAttacks } from "./fixture";

const TOO_MANY = "HTTP/1.1 429 Too Many Requests";

/** Bytes of a body that is just below the default `maxBodySize`. */
const LARGE = 1_000_000;

describe("nginx under attack: bodies that are held", function () {
  this.timeout(120_000);
  const attacks = withAttacks();

  for (const [what, length] of [
    ["announced", `Content-Length: ${LARGE + 100}\r\n`],
    ["in chunks", "Transfer-Encoding: chunked\r\n"],
  ] as const) {
    it(`one client's (${what}) take up no more than half of the space, and everybody else's are received`, async function () {
      await needsContainer(this);
      const { nginx, attacker, citizen, unharmed } = await attacks.start({}, { bodySpace: "8m" }, { "run/bodies": "8m" });
      const start = `POST / HTTP/1.1\r\nHost: localhost:${nginx.ports.https}\r\n${length}\r\n`;
      const chunked = what === "in chunks";
      const first = `${start}${chunked ? `${LARGE.toString(16)}\r\n` : ""}${"x".repeat(LARGE)}${chunked ? "\r\n" : ""}`;
      const [held, seen] = await Promise.all([
        attacker.run("slow", attacker.to(nginx), {
          connections: 65,
          first,
          drip: { text: chunked ? "1\r\nx\r\n" : "x", every: 500 },
          patience: 9000,
        }),
        citizen.run("steady", citizen.to(nginx), { path: "/", rate: 10, seconds: 8, body: 300_000 }),
      ]);
      unharmed(seen);
      assert.equal(held.answers[TOO_MANY] ?? 0, 61, JSON.stringify(held.answers));
    });
  }

  it("small bodies and requests without one do not count", async () => {
    const { nginx, replica, attacker } = await attacks.start({}, { bodySpace: "2m" });
    replica.handler = (_request, response) => setTimeout(() => response.end("served"), 300);
    const small = { method: "POST", body: Buffer.alloc(50_000) };
    const questions = Array.from({ length: 20 }, (_, index) => ({ path: "/", question: index % 2 === 0 ? small : {} }));
    const seen = await attacker.run("ask", attacker.to(nginx), questions);
    assert.deepEqual([...new Set(seen.map(({ status }) => status))], [200]);
  });
});
