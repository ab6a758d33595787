import assert from "node:assert/strict";
import type { ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { tally } from "../ask";
import { withNginx } from "../fixture";
import type { Replica } from "../replica";
import { withClients, type Client } from "./network";

/** Clients in networks of their own; the more there are, the less likely that `ip_hash` sends them all to one replica by chance. */
const CLIENTS = 6;

describe("nginx: clients told apart by their addresses", function () {
  this.timeout(60_000);
  const clients = withClients(CLIENTS);
  const balancer = withNginx();

  async function start(replicas: Replica[], more: Partial<ProxyRoute>, options: Partial<Parameters<typeof balancer.start>[0]> = {}) {
    const port = replicas[0]?.port ?? 0;
    const route: ProxyRoute = { name: "app", path: "/", to: { host: "app.test", port }, ...more };
    return balancer.start({ routes: [route], resolver: balancer.resolver, ...options });
  }

  it("ip-hash: a client stays with its replica, so does everybody in its /24, and networks are spread", async () => {
    const replicas = await balancer.replicas(4);
    const nginx = await start(replicas, { strategy: "ip-hash" });
    const chosen: string[] = [];
    for (const client of clients.all) {
      const requests = Array.from({ length: 12 }, (_, index) => ({
        path: "/",
        question: { from: client.addresses[index % client.addresses.length] ?? "" },
      }));
      const seen = tally((await client.run("ask", client.to(nginx), requests)).map(({ text }) => text));
      assert.equal(Object.values(seen)[0], 12, `${client.addresses[0]}: ${JSON.stringify(seen)}`);
      chosen.push(...Object.keys(seen));
    }
    assert.ok(new Set(chosen).size > 1, `all networks went to ${chosen[0]}`);
  });

  it("hash by client: every address for itself", async () => {
    const replicas = await balancer.replicas(4);
    const nginx = await start(replicas, { strategy: "hash", hashBy: "client" });
    const all = clients.all.flatMap((client) => client.addresses.map((from) => ({ client, from })));
    const chosen = await Promise.all(
      all.map(async ({ client, from }) => {
        const requests = Array.from({ length: 5 }, () => ({ path: "/", question: { from } }));
        const texts = (await client.run("ask", client.to(nginx), requests)).map(({ text }) => text);
        assert.equal(new Set(texts).size, 1, `${from}: ${texts.join()}`);
        return texts[0] ?? "";
      }),
    );
    assert.ok(new Set(chosen).size > 1);
  });

  it("the replica and the log are told the real address, whatever the client says of itself", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const nginx = await start([replica], {});
    const [client] = clients.all as [Client];
    const forged = { "x-forwarded-for": "203.0.113.1", "x-real-ip": "203.0.113.2", forwarded: "for=203.0.113.3" };
    await client.run("ask", client.to(nginx), [{ path: "/", question: { headers: forged } }]);
    assert.equal(replica.headers["x-forwarded-for"], client.addresses[0]);
    assert.equal(replica.headers["x-real-ip"], client.addresses[0]);
    assert.equal(replica.headers.forwarded, undefined);
    assert.equal((await nginx.log())[0]?.["client"], client.addresses[0]);
  });

  it("behind a trusted proxy its clients are told apart; anybody else's word counts nothing", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const [proxy, stranger] = clients.all as [Client, Client];
    const nginx = await start(
      [replica],
      {},
      {
        trustedProxies: { ranges: [`${proxy.addresses[0]}/32`] },
        limits: { perClient: { rate: "1r/m", burst: 4 } },
      },
    );
    const ask = async (client: Client, count: number, forwarded: string, from = client.addresses[0]) => {
      const question = { from, headers: { "x-forwarded-for": forwarded } };
      const seen = await client.run(
        "ask",
        client.to(nginx),
        Array.from({ length: count }, () => ({ path: "/", question })),
      );
      return tally(seen.map(({ status }) => String(status)));
    };
    // What stands left of the last address the client of the proxy wrote itself.
    assert.deepEqual(await ask(proxy, 8, "203.0.113.9, 198.51.100.1"), { 200: 5, 429: 3 });
    assert.equal(replica.headers["x-forwarded-for"], "198.51.100.1");
    assert.deepEqual(await ask(proxy, 2, "192.0.2.77, 198.51.100.1"), { 429: 2 });
    assert.deepEqual(await ask(proxy, 5, "198.51.100.2"), { 200: 5 });
    // Neither another network nor another machine beside the proxy is the proxy.
    assert.deepEqual(await ask(stranger, 8, "198.51.100.3"), { 200: 5, 429: 3 });
    assert.equal(replica.headers["x-forwarded-for"], stranger.addresses[0]);
    assert.deepEqual(await ask(proxy, 8, "198.51.100.4", proxy.addresses[1]), { 200: 5, 429: 3 });
    const logged = new Set((await nginx.log()).map((line) => line["client"]));
    assert.deepEqual([...logged].sort(), ["198.18.1.3", "198.18.2.2", "198.51.100.1", "198.51.100.2"]);
  });

  it("allowed and denied networks are judged by the real address", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const [inside, outside] = clients.all as [Client, Client];
    const access = { allow: [`${inside.addresses[0].replace(/\d+$/, "0")}/24`], deny: [inside.addresses[1] ?? ""] };
    const nginx = await start([replica], { access });
    const status = async (client: Client, from: string, headers = {}) =>
      (await client.run("ask", client.to(nginx), [{ path: "/", question: { from, headers } }]))[0]?.status;
    assert.equal(await status(inside, inside.addresses[0]), 200);
    assert.equal(await status(inside, inside.addresses[1] ?? ""), 403);
    assert.equal(await status(outside, outside.addresses[0], { "x-forwarded-for": inside.addresses[0] }), 403);
  });
});
