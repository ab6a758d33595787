import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AcmeSite, HOST, isIssued, isOwn, needsAcme } from "./acme-site";
import { selfSigned } from "./nginx";
import { renewsUnderLoad } from "./renewal";
import type { Script } from "./script";

/** Seconds of the waits that were announced. */
function waits(script: Script): number[] {
  return [...script.output.matchAll(/next attempt in (\d+) s/g)].map((match) => Number(match[1]));
}

describe("nginx: certificates from an ACME authority", function () {
  this.timeout(240_000);

  needsAcme();

  // One installation from its first start on, test after test.
  describe("two balancers and one authority", () => {
    let site: AcmeSite;
    let acme: Script;
    let balancers: Script[];

    before(async () => {
      site = await AcmeSite.create(2);
      site.write("one");
    });
    after(() => site.close());
    afterEach(function () {
      if (this.currentTest?.state === "failed") console.log(site.said());
    });

    it("the first start without the authority serves by the own one at once, and the attempts get rarer", async () => {
      acme = await site.acme();
      balancers = await Promise.all([site.balancer(0), site.balancer(1)]);
      await site.shows("the own certificate", isOwn);
      for (let waited = 0; waits(acme).length < 4 && waited < 90_000; waited += 100) await sleep(100);
      const [first = 0, , , fourth = 0] = waits(acme);
      assert.ok(first <= 2 && fourth >= 6 && fourth <= 10, `1 s doubled three times, give or take 20 %: ${waits(acme).join(", ")}`);
      assert.match(acme.output, /failed, 1 in a row; the own authority's certificate serves; .*The authority cannot be reached/);
      await site.metricIs("acme_failures", (count) => count >= 4);
      assert.equal(await site.metric("acme_certificate_present"), 0);
      assert.equal(await site.metric("acme_last_success_timestamp_seconds"), 0);
    });

    it("once the authority is there, both balancers show its certificate without a restart", async () => {
      await site.pebble.start();
      const certificate = await site.shows("an issued certificate", isIssued);
      assert.equal(certificate.subjectAltName, `DNS:${HOST}`);
      await site.metricIs("acme_failures", (count) => count === 0);
      assert.equal(await site.metric("acme_certificate_present"), 1);
      assert.equal(await site.metric("acme_certificate_not_after_timestamp_seconds"), Date.parse(certificate.validTo) / 1000);
      assert.ok((await site.metric("acme_last_success_timestamp_seconds")) > Date.now() / 1000 - 600);
      assert.deepEqual(
        balancers.map((each) => each.process.exitCode),
        [null, null],
      );
    });

    it("renews when the authority says so, and no request fails meanwhile", async () => {
      await renewsUnderLoad(site);
      assert.match(acme.output, /new certificate[^]*new certificate/);
    });

    it("without the authority the certificate goes on serving, and the attempts succeed again when it is back", async () => {
      const before = await site.shows("an issued certificate", isIssued);
      await site.pebble.kill();
      // An attempt that is on its way gives up after half a minute.
      await acme.says(/failed, 3 in a row; the certificate that is there goes on serving/);
      await site.shows("the same certificate", ({ serialNumber }) => serialNumber === before.serialNumber);
      await site.metricIs("acme_failures", (count) => count >= 3);
      await site.pebble.start();
      await site.metricIs("acme_failures", (count) => count === 0);
    });

    it("renews in time with what its volume holds, and makes an account where the authority has forgotten the old one", async () => {
      const before = await site.shows("an issued certificate", isIssued);
      await site.stop(acme);
      // More days than the certificate lives.
      acme = await site.acme({ ACME_RENEW_DAYS: "200", ACME_CHECK: "600" });
      await site.shows("another certificate", (certificate) => isIssued(certificate) && certificate.serialNumber !== before.serialNumber);
      assert.match(acme.output, /failed, 1 in a row.*The authority no longer knows the account/);
    });

    it("while the service that gets certificates is away, its last ones stay, whatever else changes", async () => {
      const before = await site.shows("an issued certificate", isIssued);
      const same = (): Promise<unknown> => site.shows("the same certificate", ({ serialNumber }) => serialNumber === before.serialNumber);
      await site.stop(acme);
      await balancers[0]?.says(/is away, so what was taken from it stays/);
      site.write("two");
      await balancers[0]?.says(/(took version[^]*){4}/);
      await same();
      await site.stop(balancers[0] as Script);
      const restarted = await site.balancer(0);
      await restarted.says(/serving with the bundle's own certificates until it is there/);
      assert.ok(isOwn(await waitFor(() => site.shown(0))));

      // It starts with what its volume holds; the authority is not even there.
      await site.pebble.kill();
      acme = await site.acme();
      await same();
    });
  });

  describe("the service that gets certificates", () => {
    let site: AcmeSite;

    beforeEach(async () => {
      site = await AcmeSite.create(1);
    });
    afterEach(function () {
      if (this.currentTest?.state === "failed") console.log(site.said());
      return site.close();
    });

    /** A server on loopback, until the site is closed. @returns its port */
    async function serve(server: Server): Promise<number> {
      site.until(() => {
        server.closeAllConnections();
        server.close();
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      return (server.address() as AddressInfo).port;
    }

    it("proves names by DNS, wildcards too, with a provider's credentials from files", async () => {
      const texts: string[] = [];
      const logins: unknown[] = [];
      const provider = createServer((question, response) => {
        let body = "";
        question.on("data", (chunk: Buffer) => (body += chunk.toString()));
        question.on("end", () => {
          const { fqdn, value } = JSON.parse(body) as { fqdn: string; value: string };
          logins.push(question.headers.authorization);
          if (question.url === "/present") texts.push(value);
          site.names.setText(fqdn.replace(/\.$/, ""), ...texts);
          response.end();
        });
      });
      writeFileSync(join(site.folder, "password"), "secret", { mode: 0o644 });
      await site.pebble.start();
      await site.acme({
        ACME_CERTIFICATES: "*.app.test,app.test",
        ACME_CHALLENGE: "httpreq",
        ACME_DNS_WAIT: "1",
        ACME_CHECK: "600",
        HTTPREQ_ENDPOINT: `http://127.0.0.1:${await serve(provider)}`,
        HTTPREQ_USERNAME: "ops",
        HTTPREQ_PASSWORD_FILE: join(site.folder, "password"),
        LEGO_DISABLE_CNAME_SUPPORT: "true",
      });
      const certificate = await waitFor(() => site.offered("acme-_.app.test.pem"));
      assert.deepEqual(certificate.subjectAltName?.split(", ").sort(), ["DNS:*.app.test", "DNS:app.test"]);
      assert.equal(logins[0], `Basic ${Buffer.from("ops:secret").toString("base64")}`);
      await site.metricIs("acme_certificate_present", (value) => value === 1, "*.app.test");
    });

    it("gets the one certificate when another cannot be had, and says why", async () => {
      site.write("one");
      await site.pebble.start();
      await site.balancer(0);
      await site.shows("the own certificate", isOwn);
      const acme = await site.acme({ ACME_CERTIFICATES: `nowhere.test ${HOST}`, ACME_BALANCER: "" });
      await site.shows("an issued certificate", isIssued);
      assert.match(acme.output, /nowhere\.test: failed, 1 in a row; the own authority's certificate serves; .*DNS/);
      await site.metricIs("acme_failures", (count) => count >= 1, "nowhere.test");
      assert.equal(await site.metric("acme_certificate_present", "nowhere.test"), 0);
    });

    it("waits as long as a rate limit lasts, also after a restart, and asks at once when it is told to", async () => {
      const { certificateFile, keyFile } = selfSigned(site.folder, "limited", ["localhost"]);
      let orders = 0;
      const limited = createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (question, response) => {
        const origin = `https://${question.headers.host ?? ""}`;
        response.setHeader("Replay-Nonce", String(Math.random()));
        if (question.method !== "POST") {
          response.end(JSON.stringify({ newNonce: `${origin}/nonce`, newAccount: `${origin}/account`, newOrder: `${origin}/order` }));
          return;
        }
        orders += 1;
        const hour = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19).replace("T", " ");
        response.writeHead(429, { "content-type": "application/problem+json", "retry-after": "3600" });
        const detail = `too many registrations for this IP, retry after ${hour} UTC: see https://letsencrypt.org/docs/rate-limits/`;
        response.end(JSON.stringify({ type: "urn:ietf:params:acme:error:rateLimited", status: 429, detail }));
      });
      const env = {
        ACME_DIRECTORY: `https://localhost:${await serve(limited)}/directory`,
        LEGO_CA_CERTIFICATES: certificateFile,
        ACME_BALANCER: "",
      };
      const first = await site.acme(env);
      await first.says(/next attempt in 3[5-7]\d\d s\. The authority's rate limit is used up/);
      const asked = orders;
      await site.stop(first);
      const second = await site.acme(env);
      await site.metricIs("acme_failures", (count) => count === 1);
      await sleep(2000);
      assert.equal(orders, asked);
      second.signal("USR1");
      await second.says(/failed, 2 in a row/);
      assert.ok(orders > asked);
    });

    it("names everything that is wrong with its environment, and ends", async () => {
      const acme = await site.acme({
        ACME_CERTIFICATES: "",
        ACME_EMAIL: "ops",
        ACME_DIRECTORY: "http://x",
        ACME_RETRY: "0",
        ACME_RENEW_DAYS: "x",
      });
      assert.equal(await acme.ended(), 1);
      for (const name of ["ACME_CERTIFICATES", "ACME_EMAIL", "ACME_DIRECTORY", "ACME_RETRY", "ACME_RENEW_DAYS"]) {
        assert.match(acme.output, new RegExp(`${name} is `));
      }
    });
  });

  describe("what a balancer lays over its bundle", () => {
    let site: AcmeSite;

    beforeEach(async () => {
      site = await AcmeSite.create(1);
      site.write("one");
    });
    afterEach(() => site.close());

    it("is certificates alone, and never half of one; what is refused holds up no change of the bundle", async () => {
      const overlay = join(site.folder, "overlay");
      mkdirSync(overlay);
      const put = (name: string, content: string | Buffer) => writeFileSync(join(overlay, name), content, { mode: 0o644 });
      const other = selfSigned(site.folder, "other", [HOST]);
      put("nginx.conf", "nonsense;");
      put("unknown.pem", "nonsense");
      put(`acme-${HOST}.pem`, readFileSync(other.certificateFile));
      const balancer = await site.balancer(0, { NGINX_OVERLAY: overlay });
      await balancer.says(/key values mismatch[^]*nginx refuses this version of the overlay/);
      const own = await site.shows("the own certificate", isOwn);
      site.write("two");
      await balancer.says(/(took version[^]*){2}/);
      assert.equal((await site.shows("the own certificate", isOwn)).serialNumber, own.serialNumber);
      put(`acme-${HOST}.key`, readFileSync(other.keyFile));
      const { serialNumber } = new X509Certificate(readFileSync(other.certificateFile));
      await site.shows("the certificate that is whole", (certificate) => certificate.serialNumber === serialNumber);
      rmSync(overlay, { recursive: true });
      await balancer.says(/is away, so what was taken from it stays/);
      site.write("three");
      await balancer.says(/(took version[^]*){4}/);
      await site.shows("the certificate that is whole", (certificate) => certificate.serialNumber === serialNumber);
    });
  });
});

async function waitFor<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error("nothing within 60 s");
}
