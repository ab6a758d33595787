import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import type { NginxOptions } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import { Probed } from "./probed";
import type { Replica } from "./replica";

/** Addresses on loopback for the length of a test: two of one /64, one of the next. */
const NEIGHBOURS = ["fd00:7e57:0:1::1", "fd00:7e57:0:1:ffff:a:b:c"] as const;
const STRANGER = "fd00:7e57:0:2::1";

describe("nginx: IPv6", function () {
  this.timeout(60_000);
  const balancer = withNginx();
  const added: string[] = [];

  before(function () {
    if (existsSync("/proc/net/if_inet6")) return;
    console.log("skipped, because the kernel has no IPv6 here");
    this.skip();
  });

  afterEach(() => {
    for (const address of added.splice(0)) execFileSync("ip", ["address", "delete", `${address}/128`, "dev", "lo"]);
  });

  async function start(options: Partial<NginxOptions> = {}) {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const app = { name: "app", path: "/", to: { host: replica.address, port: replica.port } };
    const { tls, ...rest } = options;
    void tls;
    return { replica, nginx: await balancer.start({ routes: [app], ...rest, tls: true }) };
  }

  /** Status of a request over IPv6. */
  async function status(nginx: Nginx, from = "::1", to = "::1"): Promise<string> {
    return String((await ask({ address: to, ports: nginx.ports, ca: nginx.ca }, "/", { from })).status);
  }

  it("answers HTTPS, HTTP and on the status port, and tells the replica the client's address", async () => {
    const { nginx, replica } = await start();
    let seen: unknown;
    replica.handler = (request, response) => {
      seen = request.headers["x-forwarded-for"];
      response.end();
    };
    assert.equal(await status(nginx), "200");
    assert.equal(seen, "::1");
    const to = { address: "::1", ports: nginx.ports, ca: nginx.ca };
    assert.equal((await ask(to, "/", { scheme: "http" })).status, 308);
    assert.equal((await ask(to, "/healthz", { scheme: "http", port: nginx.ports.status })).status, 200);
  });

  it("a client has one limit for its /64, whichever of its addresses it uses; its neighbour has another", async function () {
    if (process.getuid?.() !== 0) {
      console.log("skipped, because addresses can only be added by root");
      this.skip();
    }
    for (const address of [...NEIGHBOURS, STRANGER]) {
      execFileSync("ip", ["address", "add", `${address}/128`, "dev", "lo", "nodad"]);
      added.push(address);
    }
    const { nginx } = await start({ limits: { perClient: { rate: "1r/m", burst: 4 } } });
    const statuses: string[] = [];
    for (let index = 0; index < 10; index++) statuses.push(await status(nginx, NEIGHBOURS[index % 2], NEIGHBOURS[0]));
    assert.deepEqual(tally(statuses), { 200: 5, 429: 5 });
    assert.equal(await status(nginx, STRANGER, NEIGHBOURS[0]), "200");
    // IPv4 clients are told apart by their whole address.
    const fromIpv4 = async (from: string) => (await ask(nginx, "/", { from })).status;
    for (let index = 0; index < 5; index++) await fromIpv4("127.0.9.1");
    assert.deepEqual([await fromIpv4("127.0.9.1"), await fromIpv4("127.0.9.2")], [429, 200]);
  });

  it("without IPv6 the image's entry point has nginx listen on IPv4 alone", async () => {
    const route = { name: "app", path: "/", respond: { status: 200 } };
    const probed = await Probed.start({ routes: [route] }, { NGINX_IPV6: "off" });
    const { nginx, script } = probed;
    try {
      assert.equal((await ask(nginx, "/")).status, 200);
      const refused = await new Promise((resolve) => {
        connect(nginx.ports.http, "::1", () => resolve("connected")).on("error", ({ message }) => resolve(message));
      });
      assert.match(String(refused), /ECONNREFUSED/, script.output);
    } finally {
      await probed.stop();
    }
  });
});
