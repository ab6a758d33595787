import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLS_PROFILES } from "@testbro/components/load-balancer/nginx";
import { withNginx } from "./fixture";
import { selfSigned } from "./nginx";
import { scan, testssl, type Scan } from "./testssl";
import { withTraefik } from "./traefik-fixture";

/** Protocols, every cipher suite one by one, headers. */
const SECTIONS = ["--protocols", "--cipher-per-proto", "--headers"];

const TLS_1_3 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"].map((suite) => `TLS 1.3 ${suite}`);

/** What a profile's list leaves with the test's certificate, whose key is elliptic. */
const TLS_1_2 = TLS_PROFILES.intermediate.ciphers.filter((suite) => suite.startsWith("ECDHE-ECDSA")).map((suite) => `TLS 1.2 ${suite}`);

/** What of a scan has to be so with every balancer and profile. */
function sound(found: Scan): void {
  assert.deepEqual(found.wrong, []);
  for (const old of ["SSLv2", "SSLv3", "TLS1", "TLS1_1"]) assert.match(found.said(old) ?? "", /^not offered/, old);
  assert.match(found.said("TLS1_3") ?? "", /^offered/);
  assert.match(found.said("ALPN_HTTP2") ?? "", /h2/);
  assert.match(found.said("HSTS_time") ?? "", /63072000/);
  // All of them agree on a key for each connection, so a key that leaks later opens none of them.
  for (const suite of found.suites) assert.match(suite, /TLS 1\.3 TLS_|TLS 1\.2 ECDHE-/);
}

describe("TLS as testssl.sh sees it", function () {
  // Scans take half a minute each on an idle machine, and run side by side.
  this.timeout(300_000);
  const hosts = ["localhost"];
  let program = "";

  before(async function () {
    this.timeout(360_000);
    try {
      program = await testssl();
    } catch (error) {
      console.log(`skipped, because there is no testssl.sh: ${(error as Error).message}`);
      this.skip();
    }
  });

  /** Scans a balancer with each profile. @param banner what its Server header says */
  function scansBoth(start: (profile: "intermediate" | "modern") => Promise<{ ports: { https: number } }>, banner: RegExp): void {
    it("intermediate and modern: nothing below TLS 1.2 (1.3), forward secrecy with every suite, HSTS, no known weakness", async () => {
      const balancers = await Promise.all([start("intermediate"), start("modern")]);
      const [intermediate, modern] = (await Promise.all(
        balancers.map(({ ports }, index) =>
          // The known vulnerabilities are all of TLS 1.2 and older.
          scan(program, ports.https, index === 0 ? [...SECTIONS, "--vulnerable"] : SECTIONS),
        ),
      )) as [Scan, Scan];
      for (const found of [intermediate, modern]) {
        sound(found);
        assert.match(found.said("banner_server") ?? "", banner);
      }
      assert.match(intermediate.said("TLS1_2") ?? "", /^offered/);
      assert.deepEqual(intermediate.suites, [...TLS_1_2, ...TLS_1_3].sort());
      assert.match(modern.said("TLS1_2") ?? "", /^not offered/);
      assert.deepEqual(modern.suites, TLS_1_3);
    });
  }

  describe("of nginx", () => {
    const balancer = withNginx();
    const app = { name: "app", path: "/", respond: { status: 200, body: "x" } };
    scansBoth((profile) => balancer.start({ hosts, tls: { profile }, routes: [app] }), /^nginx$/);
  });

  describe("of Traefik", () => {
    const balancer = withTraefik();
    const app = { name: "app", path: "/", respond: { status: 403 } };
    scansBoth((profile) => balancer.start({ hosts, tls: { profile }, routes: [app] }), /^No Server banner/);
  });

  it("finds an old protocol where there is one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "testbro-weak-"));
    const pair = selfSigned(folder, "weak", ["localhost"]);
    const weak = { minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
    const server = createServer(
      { cert: readFileSync(pair.certificateFile), key: readFileSync(pair.keyFile), ...weak },
      (_request, response) => response.end(),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const found = await scan(program, (server.address() as AddressInfo).port, ["--protocols"]);
      assert.match(found.said("TLS1") ?? "", /^offered/);
      assert.ok(found.wrong.some((line) => line.includes("TLS1")));
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
