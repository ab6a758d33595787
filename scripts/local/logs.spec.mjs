import assert from "node:assert/strict";
import { isAbout, servicesOf, wanted } from "./logs.mjs";

describe("npm run logs", () => {
  it("takes a service, an age, a request and whether to go on", () => {
    assert.deepEqual(wanted(["backend"]), { service: "backend", follow: false, since: undefined, request: undefined });
    assert.deepEqual(wanted(["backend", "--follow", "--since", "1h30m", "--request", "a-1"]), {
      service: "backend",
      follow: true,
      since: "1h30m",
      request: "a-1",
    });
    assert.equal(wanted(["--request", "a-1"]).service, undefined);
  });

  const refused = [
    [[], /Which service's logs\? Fix: npm run logs -- SERVICE/],
    [["a", "b"], /b: one service at a time/],
    [["a", "--tail", "3"], /--tail.*Fix: npm run logs/s],
    [["a", "--since", "yesterday"], /--since "yesterday" is neither/],
    [["a", "--request", "no id"], /--request "no id" is not a request's id/],
  ];
  for (const [args, message] of refused) {
    it(`refuses ${JSON.stringify(args)}`, () => {
      assert.throws(() => wanted(args), message);
    });
  }

  it("finds a service by the end of its name or all of it, and names those that run", () => {
    const running = ["shop-backend", "shop-nginx"];
    assert.deepEqual(servicesOf("backend", "shop", running), ["shop-backend"]);
    assert.deepEqual(servicesOf("shop-nginx", "shop", running), ["shop-nginx"]);
    assert.deepEqual(servicesOf(undefined, "shop", running), running);
    assert.throws(() => servicesOf("end", "shop", running), /end: no such service runs. Fix: write one of backend, nginx\./);
    assert.throws(() => servicesOf("end", "shop", []), /npm run up/);
  });

  it("follows a request through the balancer and the app, by whatever they call it", () => {
    for (const field of ["request_id", "client_request_id", "request_X-Request-Id", "downstream_X-Request-Id", "requestId"]) {
      assert.ok(isAbout(JSON.stringify({ [field]: "a-1" }), "a-1"), field);
    }
    assert.ok(!isAbout(JSON.stringify({ path: "/a-1" }), "a-1"));
    assert.ok(!isAbout("a-1 in a line that is no JSON", "a-1"));
  });
});
