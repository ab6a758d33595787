import assert from "node:assert/strict";
import { hashApiKey, newApiKey } from "@testbro/components/load-balancer/nginx";
import { tally } from "../ask";
import { leaksOf, withAttacks } from "./fixture";
import type { Seen } from "./tasks";

describe("nginx under attack: guessing", function () {
  this.timeout(120_000);
  const attacks = withAttacks();

  const key = newApiKey("ci");
  const access = { apiKeys: [{ id: "ci", hash: hashApiKey(key) }] };

  /** What of an answer an attacker can compare; the request's own id and the time differ in any two. */
  function comparable({ status, headers, text }: Seen): unknown {
    return { status, text, headers: { ...headers, date: "", "x-request-id": "" } };
  }

  it("every wrong API key gets the same answer, so that none of it tells a known id from an unknown one", async () => {
    const { nginx, replica, attacker } = await attacks.start({ access });
    const secret = key.slice(key.indexOf(".") + 1);
    const wrong = [
      newApiKey("ci"),
      newApiKey("nobody"),
      `ci.${secret.slice(0, -1)}`,
      `ci.${secret}x`,
      `ci.${secret.toLowerCase()}`,
      `CI.${secret}`,
      `ci .${secret}`,
      "ci.",
      "ci",
      ".",
      secret,
      hashApiKey(key),
      `ci.${hashApiKey(key)}`,
      "ci.' OR '1'='1",
      "ci.${api_key_hash_app}",
      "x".repeat(5000),
      "",
    ];
    const answers = await attacker.run(
      "ask",
      attacker.to(nginx),
      wrong.map((each) => ({ path: "/", question: { headers: { "x-api-key": each } } })),
    );
    const [first] = answers as [Seen];
    assert.equal(first.status, 401);
    for (const [index, answer] of answers.entries()) {
      assert.deepEqual(comparable(answer), comparable(first), wrong[index]);
      assert.deepEqual(leaksOf(answer.headers, answer.text), []);
    }
    assert.deepEqual(replica.seen, []);
    assert.doesNotMatch(JSON.stringify(await nginx.log()) + nginx.errors, new RegExp(secret));
  });

  it("guessing is limited: few guesses are looked at, and neither the owner of the key nor others feel it", async () => {
    const rateLimits = [{ rate: "5r/s" as const, burst: 10 }];
    const { nginx, replica, attacker, citizen, unharmed } = await attacks.start({ access, rateLimits });
    const [flood, seen] = await Promise.all([
      attacker.run("flood", attacker.to(nginx), { path: "/", seconds: 4, connections: 20, headers: { "X-API-Key": newApiKey("ci") } }),
      citizen.run("steady", citizen.to(nginx), { path: "/", rate: 4, seconds: 4, headers: { "x-api-key": key } }),
    ]);
    const { 401: looked = 0, 429: refused = 0, ...others } = flood.counts;
    assert.deepEqual(others, {});
    const allowed = 1 + 10 + 5 * flood.seconds;
    assert.ok(looked <= Math.ceil(1.02 * allowed) && looked >= 11, `${looked} guesses were looked at, ${allowed} should be`);
    assert.ok(refused > 10 * looked, `${refused} refused is no flood`);
    unharmed(seen);
    assert.equal(replica.seen.length, seen.length);
    // Being limited says nothing on the key either: the right one is refused like the wrong ones.
    const answers = await attacker.run(
      "ask",
      attacker.to(nginx),
      Array.from({ length: 30 }, () => ({ path: "/", question: { headers: { "x-api-key": key } } })),
    );
    const counts = tally(answers.map(({ status }) => String(status)));
    assert.ok((counts[429] ?? 0) > 10, JSON.stringify(counts));
  });

  it("the location that judges keys cannot be asked directly", async () => {
    const { nginx, replica, attacker } = await attacks.start({ access });
    const paths = ["/.api-key/app", "/x/../.api-key/app", "/%2eapi-key/app", "//.api-key/app"];
    const answers = await attacker.run(
      "ask",
      attacker.to(nginx),
      paths.map((path) => ({ path, question: { headers: { "x-api-key": key } } })),
    );
    for (const { path, status } of answers) assert.equal(status, path.includes("..") ? 400 : 404, path);
    assert.deepEqual(replica.seen, []);
  });
});
