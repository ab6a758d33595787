import assert from "node:assert/strict";
import { renderNginx, renderNginxWithOrigins, type NginxOptions } from ".";
import { EXAMPLES } from "./examples.fixture";
import { from, writeWithOrigins } from "./origins";
import { block, directive } from "./writer";

interface Range {
  first: number;
  last: number;
  option: string;
}

function rangesOf(text: string): Range[] {
  return [...text.matchAll(/^#@ (\d+)-(\d+) (\S+)$/gm)].map(([, first, last, option = ""]) => ({
    first: Number(first),
    last: Number(last),
    option,
  }));
}

/** The option that the first line with some words comes from. */
function originOf(text: string, words: string): string | undefined {
  const number = text.split("\n").findIndex((line) => line.includes(words)) + 1;
  assert.ok(number > 0, `nothing says ${words}`);
  return rangesOf(text).find(({ first, last }) => number >= first && number <= last)?.option;
}

describe("origins of the configuration's lines", () => {
  it("put inner options behind outer ones; a block's holds for what in it has none", () => {
    const text = writeWithOrigins(
      [
        directive("a"),
        ...from("routes[2]", [block("b", [], [directive("c"), ...from("access", [block("d", [], [directive("e")])]), directive("f")])]),
        directive("g"),
      ],
      "lb",
    );
    assert.deepEqual(rangesOf(text), [
      { first: 2, last: 3, option: "lb.routes[2]" },
      { first: 4, last: 6, option: "lb.routes[2].access" },
      { first: 7, last: 8, option: "lb.routes[2]" },
    ]);
  });

  for (const [name, example] of Object.entries(EXAMPLES)) {
    it(`of "${name}": the same text, every range once and in order, every option one that was given or has a default`, () => {
      const text = renderNginxWithOrigins(example, "lb");
      const plain = renderNginx(example, "lb");
      assert.ok(text.startsWith(plain));
      const ranges = rangesOf(text.slice(plain.length));
      assert.equal(ranges.length, text.slice(plain.length).split("\n").length - 1);
      let end = 0;
      for (const { first, last, option } of ranges) {
        assert.ok(first > end && last >= first, `${first}-${last} follows ${end}`);
        end = last;
        assert.match(option, /^lb\.[a-zA-Z]+(\[\d+\])?(\.[a-zA-Z]+(\[\d+\])?)*$/);
      }
      assert.ok(end < plain.split("\n").length);
    });
  }

  it("lead to the route as it stands in the options, whatever sites it is sorted into, and to its own options", () => {
    const options: NginxOptions = {
      resolver: { addresses: ["dns.test"] },
      routes: [
        { name: "one", path: "/", to: { host: "one.test", port: 1 } },
        { name: "other-site", path: "/", hosts: ["other.test"], to: { host: "two.test", port: 2 }, upstreamTls: { caFile: "/two.pem" } },
        {
          name: "admin",
          path: "/admin/",
          to: { host: "three.test", port: 3 },
          access: { basicAuth: { file: "/three.users" } },
          rateLimits: [{ rate: "1r/s" }],
          cache: {},
        },
      ],
      tls: {
        certificates: [
          { certificateFile: "/first.pem", keyFile: "/first.key" },
          { certificateFile: "/second.pem", keyFile: "/second.key", hosts: ["other.test"] },
        ],
      },
    };
    const text = renderNginxWithOrigins(options);
    const expected: Record<string, string | undefined> = {
      "resolver dns.test": "nginx.resolver",
      "server one.test:1": "nginx.routes[0].to",
      "server two.test:2": "nginx.routes[1].to",
      "server three.test:3": "nginx.routes[2].to",
      "proxy_ssl_trusted_certificate /two.pem": "nginx.routes[1].upstreamTls",
      "set $route other-site": "nginx.routes[1]",
      "auth_basic_user_file /three.users": "nginx.routes[2].access",
      "limit_req_zone $client_network zone=route_admin_0": "nginx.routes[2].rateLimits",
      "proxy_cache responses": "nginx.routes[2].cache",
      "ssl_certificate /first.pem": "nginx.tls.certificates[0]",
      "ssl_certificate_key /second.key": "nginx.tls.certificates[1]",
      worker_connections: "nginx.processes",
      "server_tokens off": undefined,
    };
    for (const [words, option] of Object.entries(expected)) assert.equal(originOf(text, words), option, words);
  });
});
