import assert from "node:assert/strict";
import { posix } from "node:path";
import type { TraefikProxyRoute } from "@testbro/components/load-balancer/traefik";
import { ask } from "./ask";
import type { Replica } from "./replica";
import { SPOOFED } from "./spoofed";
import { targets, withTraefik } from "./traefik-fixture";

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

/** A path as an upstream may take it that decodes everything first and looks for detours then, as some do. */
function understood(path: string): string {
  const decoded = decodeURIComponent(path.split("?")[0] ?? "").replaceAll("\\", "/");
  return posix.normalize(decoded.replaceAll(/;[^/]*/g, ""));
}

describe("traefik: whom it trusts, and for what", function () {
  this.timeout(60_000);
  const balancer = withTraefik();
  const host = "localhost";

  async function start(routes: (to: TraefikProxyRoute["to"]) => TraefikProxyRoute[], options: object = {}) {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const traefik = await balancer.start({ limits: UNLIMITED, routes: routes(targets([replica])), ...options });
    replica.seen.splice(0);
    return { traefik, replica };
  }

  it("nothing that a client says of itself reaches the replica", async () => {
    const { traefik, replica } = await start((to) => [{ name: "app", path: "/", to }]);
    const aliases = { x_api_client: "root", "x.api.client": "root", x_forwarded_for: "192.0.2.1" };
    assert.equal((await ask(traefik, "/", { headers: { ...SPOOFED, ...aliases, "x-forwarded-uri": "/admin/" } })).status, 200);
    const told: Record<string, string> = {
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": `localhost:${traefik.ports.http}`,
    };
    for (const name of [...Object.keys(SPOOFED), ...Object.keys(aliases), "x-forwarded-uri"]) {
      assert.equal(replica.headers[name], told[name], name);
    }
  });

  it("behind a trusted proxy, what the proxy may have from the client goes no further", async () => {
    const { traefik, replica } = await start((to) => [{ name: "app", path: "/", to }], { trustedProxies: { ranges: ["127.0.5.0/24"] } });
    assert.equal((await ask(traefik, "/", { from: "127.0.5.1", headers: { ...SPOOFED, "x-forwarded-for": "192.0.2.7" } })).status, 200);
    for (const name of ["x-real-ip", "x-forwarded-host", "x-forwarded-prefix", "x-original-url", "x-api-client"]) {
      assert.equal(replica.headers[name], undefined, name);
    }
    assert.match(String(replica.headers["x-forwarded-for"]), /^192\.0\.2\.7, ?127\.0\.5\.1$/);
  });

  it("no detour leads past a guarded route, or out of it", async () => {
    const { traefik, replica } = await start((to) => [
      { name: "app", path: "/", to },
      { name: "admin", path: "/admin/", to, access: { allow: ["192.0.2.1"] } },
    ]);
    const crooked = [
      ...["/x/../admin/", "/x/%2e%2e/admin/", "/x/..%2fadmin/", "/x/.%2E%2Fadmin/", "/./admin/", "/x/..\\admin/", "/x/..%5cadmin/"],
      ...["/admin/../x", "/admin/users/..%2f..%2fx", "/admin/%2e%2e/x", "/admin/..;/x", "/admin/.", "/admin/..", "/admin/..?a=b"],
      ...["/admin%2fusers", "/%61dmin/", "//admin/", "/admin//x", "/x/..;/admin/", "/x/..%3b/admin/", "/admin%00/", "/x;/../admin/"],
    ];
    for (const path of crooked) {
      const { status } = await ask(traefik, path);
      assert.ok([200, 400, 403].includes(status), `${path}: ${status}`);
      const passed = replica.seen.splice(0).map((line) => understood(line.replace("GET ", "")));
      assert.deepEqual(
        status === 200 ? passed.map((each) => each.startsWith("/admin/")) : passed,
        status === 200 ? [false] : [],
        `${path}: ${passed.join()}`,
      );
      // What leaves the guarded route by the balancer's own reading is no way out of it: the rest of it is not guarded.
      if (/;|%2f|%5c|\\|%00|%3b/i.test(path) && path !== "/x;/../admin/") assert.equal(status, 400, path);
    }
    const straight = [
      "/.well-known/x",
      "/a..b/",
      "/x/...",
      "/..x",
      "/x?a=/../b",
      "/x?..",
      "/a.b/.c/",
      "/%252e%252e/x",
      "/a;b=c/x",
      "/a%3Fb",
      "/%23x",
    ];
    for (const path of straight) assert.equal((await ask(traefik, path)).status, 200, path);
    assert.deepEqual(
      replica.seen,
      straight.map((path) => `GET ${path}`),
      "as the client wrote them",
    );
    assert.equal((await ask(traefik, "/admin/..;/x", { host })).headers["x-content-type-options"], "nosniff");
  });

  it("behind a proxy on this machine, the host's own list lets in the host alone, as the proxy names it", async () => {
    const trustedProxies = { ranges: ["127.0.0.0/8"] };
    const { traefik } = await start((to) => [{ name: "app", path: "/", to, access: { allowFrom: "host", allow: ["192.0.2.0/24"] } }], {
      trustedProxies,
    });
    const status = async (client: string) => (await ask(traefik, "/", { headers: { "x-forwarded-for": client } })).status;
    assert.equal(await status("198.51.100.7"), 403);
    assert.equal(await status("192.0.2.9"), 200);
  });
});
