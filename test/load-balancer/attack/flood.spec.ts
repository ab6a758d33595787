import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { tally } from "../ask";
import { withAttacks } from "./fixture";

/** A third of the balancer's defaults, so that a busy test machine can exceed them too. */
const PER_CLIENT = { rate: 100, burst: 200 };
const LIMITS = { perClient: { rate: `${PER_CLIENT.rate}r/s` as const, burst: PER_CLIENT.burst } };

describe("nginx under attack: too much", function () {
  this.timeout(120_000);
  const attacks = withAttacks();

  it("a flood from one client gets what the limit allows it, then 429 and when to come back; others notice nothing", async () => {
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start({}, { limits: LIMITS });
    const [flood, seen] = await Promise.all([
      attacker.run("flood", attacker.to(nginx), { path: "/", seconds: 5, connections: 20 }),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 5 }),
    ]);
    const allowed = 1 + PER_CLIENT.burst + PER_CLIENT.rate * flood.seconds;
    const { 200: good = 0, 429: refused = 0, ...others } = flood.counts;
    assert.deepEqual(others, {});
    assert.ok(good + refused > 1.3 * allowed, `${good + refused} requests are no flood`);
    // On a busy machine moments of idleness may leave a burst unused at the end, never more.
    const least = 0.98 * (allowed - PER_CLIENT.burst);
    assert.ok(good >= least && good <= 1.02 * allowed, `${good} were let through, ${least} to ${allowed} should be`);
    assert.deepEqual(flood.retryAfter, ["1"]);
    unharmed(seen);
    assert.equal(replica.seen.length, good + seen.length);
  });

  it("limits are each client's own, also of two in one network, and a header that names somebody else changes nothing", async () => {
    const { nginx, attacker, citizen } = await attacks.start({}, { limits: { perClient: { rate: "1r/s", burst: 9 } } });
    const burst = async (client: typeof attacker, from?: string, headers: Record<string, string>[] = [{}]) => {
      const requests = Array.from({ length: 30 }, (_, index) => ({
        path: "/",
        question: { ...(from ? { from } : {}), headers: headers[index % headers.length] ?? {} },
      }));
      return tally((await client.run("ask", client.to(nginx), requests)).map(({ status }) => String(status)));
    };
    const spoofed = Array.from({ length: 30 }, (_, index) => ({
      "x-forwarded-for": `203.0.113.${index}`,
      "x-real-ip": `203.0.113.${index}`,
      forwarded: `for=203.0.113.${index}`,
      "client-ip": `203.0.113.${index}`,
      "true-client-ip": `203.0.113.${index}`,
      "cf-connecting-ip": `203.0.113.${index}`,
    }));
    const first = await burst(attacker, undefined, spoofed);
    assert.ok((first[200] ?? 0) >= 10 && (first[200] ?? 0) <= 12, JSON.stringify(first));
    assert.equal((first[200] ?? 0) + (first[429] ?? 0), 30);
    for (const counts of [await burst(attacker, attacker.addresses[1]), await burst(citizen)]) {
      assert.ok((counts[200] ?? 0) >= 10 && (counts[200] ?? 0) <= 12, JSON.stringify(counts));
    }
  });

  it("many connections of one client: those beyond its number are refused, others are served", async () => {
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start({}, { limits: { connections: { perClient: 100 } } });
    const held: ServerResponse[] = [];
    replica.handler = (request, response) => {
      if (request.url !== "/slow") return void response.end();
      // Until the others have been refused.
      if (held.push(response) === 100) setTimeout(() => held.forEach((each) => each.end()), 3000);
    };
    const requests = Array.from({ length: 130 }, () => ({ path: "/slow", question: { timeout: 30_000 } }));
    const [answers, seen] = await Promise.all([
      attacker.run("ask", attacker.to(nginx), requests),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 5 }),
    ]);
    assert.deepEqual(tally(answers.map(({ status, failure }) => failure ?? String(status))), { 200: 100, 429: 30 });
    unharmed(seen);
  });

  it("HTTP/2 streams that are taken back at once end the connection, count as requests, and harm nobody", async () => {
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start({}, { limits: LIMITS });
    const started = Date.now();
    const [reports, seen] = await Promise.all([
      attacker.run("resetStreams", attacker.to(nginx), 5, 3000),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 40, seconds: 4 }),
    ]);
    assert.deepEqual(
      reports.map(({ closed }) => closed),
      [true, true, true, true, true],
    );
    unharmed(seen);
    const passed = replica.seen.length - seen.length;
    assert.ok(passed <= 1 + PER_CLIENT.burst + (PER_CLIENT.rate * (Date.now() - started)) / 1000, `${passed} requests reached the replica`);
  });
});
