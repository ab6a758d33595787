import assert from "node:assert/strict";
import { sliceOf } from "./api-server.fixture";
import { asText, type Configuration } from "../configuration";
import { checkFilled, fill, type Filled } from "./fill";

const configuration = {
  http: {
    routers: { api: { service: "api" }, odd: { rule: 'Path("/{{ x }}")' } },
    services: {
      api: { loadBalancer: { strategy: "p2c", servers: [] } },
      fixed: { loadBalancer: { servers: [{ url: "http://outside:80" }] } },
      split: { weighted: { services: [{ name: "api", weight: 1 }] } },
    },
  },
  tls: { certificates: [{ certFile: "C", keyFile: "K" }] },
};
const filled: Filled = { api: { workload: "testbro-api", port: 3001, scheme: "http" } };

function services({ http }: Configuration): Record<string, unknown> {
  return http?.services ?? {};
}

describe("fill", () => {
  it("gives a service its workload's replicas as servers, and leaves everything else as it is", () => {
    const slices = [sliceOf("a", "testbro-api", 3001, [{ address: "10.0.0.2" }, { address: "10.0.0.1" }])];
    const text = asText(fill(configuration, filled, slices));
    const servers = [{ url: "http://10.0.0.1:3001" }, { url: "http://10.0.0.2:3001" }];
    const { services: before, ...http } = configuration.http;
    assert.deepEqual(JSON.parse(text), {
      ...configuration,
      http: { ...http, services: { ...before, api: { loadBalancer: { strategy: "p2c", servers } } } },
    });
    assert.equal(text, asText(fill(structuredClone(configuration), filled, [...slices])), "the same replicas, the same bytes");
    assert.ok(!text.includes("{{"));
  });

  it("speaks TLS where the route does, and writes IPv6 addresses as URLs have them", () => {
    const secure = { api: { workload: "testbro-api", port: 3001, scheme: "https" } };
    const slices = [sliceOf("a", "testbro-api", 3001, [{ address: "fd00::1" }], "IPv6")];
    const servers = [{ url: "https://[fd00::1]:3001" }];
    assert.deepEqual(services(fill(configuration, secure, slices))["api"], { loadBalancer: { strategy: "p2c", servers } });
  });

  it("leaves out the service of a workload without replicas, so that its stand-in is taken", () => {
    assert.deepEqual(Object.keys(services(fill(configuration, filled, []))), ["fixed", "split"]);
  });
});

describe("checkFilled", () => {
  it("finds nothing wrong with what the balancer's component writes", () => {
    assert.deepEqual(checkFilled(configuration, filled), []);
    assert.deepEqual(checkFilled({}, {}), []);
  });

  it("reports everything that could not be filled in", () => {
    const wrong = {
      missing: { workload: "testbro-api", port: 1, scheme: "http" },
      split: { workload: "a,b)", port: 0, scheme: "ftp" },
    };
    assert.deepEqual(checkFilled(configuration, wrong), [
      "the configuration has no service missing of servers",
      "the configuration has no service split of servers",
      'split: "a,b)" is not a Service\'s name',
      "split: 0 is not a port",
      'split: "ftp" is neither http nor https',
    ]);
  });
});
