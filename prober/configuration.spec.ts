import assert from "node:assert/strict";
import { renderProber } from "@testbro/components/load-balancer/nginx";
import { hostAndPort, readConfiguration } from "./configuration";

const text = renderProber({
  tls: false,
  routes: [
    { name: "app", path: "/", to: { host: "app.test", port: 80 }, healthCheck: { path: "/ready" } },
    { name: "tcp", path: "/tcp", to: { host: "tcp.test", port: 81 }, healthCheck: { tcp: true }, upstreamTls: { caFile: "/ca.pem" } },
  ],
}) as string;

describe("prober: configuration", () => {
  it("is what the balancer renders", () => {
    assert.deepEqual(readConfiguration(text), JSON.parse(text));
  });

  for (const [what, change, expected] of [
    ["no JSON", (all: string) => all.slice(1), /it is not JSON/],
    ["an address others reach", (all: string) => all.replace("127.0.0.1:5354", "0.0.0.0:5354"), /listen: is not a loopback address/],
    ["an interval of nothing", (all: string) => all.replace('"interval": 1', '"interval": 0'), /upstreams\.0\.interval/],
    ["an unknown setting", (all: string) => all.replace('"interval"', '"intervall"'), /upstreams\.0\.interval.*intervall/],
    ["a relative path", (all: string) => all.replace('"/ready"', '"ready"'), /upstreams\.0\.check/],
    ["no name server", (all: string) => all.replace(/"127\.0\.0\.11"/, ""), /resolvers/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readConfiguration(change(text)), expected);
    });
  }

  it("reads addresses and names with and without port", () => {
    const read = (value: string) => Object.values(hostAndPort(value, 53));
    assert.deepEqual(["127.0.0.11", "10.0.0.1:5353", "[fd00::1]:54", "[fd00::1]", "dns.test", "dns.test:1"].map(read), [
      ["127.0.0.11", 53],
      ["10.0.0.1", 5353],
      ["fd00::1", 54],
      ["fd00::1", 53],
      ["dns.test", 53],
      ["dns.test", 1],
    ]);
  });
});
