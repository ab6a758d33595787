import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AcmeSite, HOST, isIssued, isOwn, needsAcme } from "./acme-site";
import { renewsUnderLoad } from "./renewal";
import { Replica } from "./replica";
import type { Script } from "./script";
import { Traefik } from "./traefik";
import { TraefikAcmeSite } from "./traefik-acme-site";
import { targets, withTraefik } from "./traefik-fixture";

describe("traefik: certificates from an ACME authority", function () {
  this.timeout(240_000);
  withTraefik();

  needsAcme();

  // One installation from its first start on, test after test.
  describe("two balancers and one authority", () => {
    let traefiks: TraefikAcmeSite;
    let site: AcmeSite;
    let replica: Replica;
    let acme: Script;

    before(async () => {
      replica = (await Replica.several(1))[0] as Replica;
      traefiks = await TraefikAcmeSite.create([{ name: "app", path: "/", to: targets([replica]) }]);
      ({ site } = traefiks);
    });
    after(async () => {
      await traefiks.close();
      await replica.kill();
    });
    afterEach(function () {
      if (this.currentTest?.state === "failed") console.log(`${site.said()}\n--- discovery\n${traefiks.said.join("\n")}`);
    });

    it("the first start without the authority serves by the own one at once", async () => {
      acme = await site.acme();
      await traefiks.start();
      await site.shows("the own certificate", isOwn);
      await acme.says(/failed, 2 in a row; the own authority's certificate serves/);
    });

    it("once the authority is there, both balancers show its certificate, and nothing restarts", async () => {
      await site.pebble.start();
      const certificate = await site.shows("an issued certificate", isIssued);
      assert.equal(certificate.subjectAltName, `DNS:${HOST}`);
      await site.metricIs("acme_failures", (count) => count === 0);
      assert.ok(traefiks.balancers.every((traefik) => traefik.running));
      assert.deepEqual(
        traefiks.balancers.flatMap((traefik) => traefik.errors),
        [],
      );
    });

    it("renews when the authority says so, and no request fails meanwhile", async () => {
      await renewsUnderLoad(site);
    });

    it("without the authority, and without the service, the certificate goes on serving, and the attempts succeed again", async () => {
      const before = await site.shows("an issued certificate", isIssued);
      const same = (): Promise<unknown> => site.shows("the same certificate", ({ serialNumber }) => serialNumber === before.serialNumber);
      await site.pebble.kill();
      await acme.says(/failed, 3 in a row; the certificate that is there goes on serving/);
      await same();
      await site.stop(acme);
      await sleep(2000);
      assert.match(traefiks.said.at(-1) ?? "", /cannot be read from .*, so the certificates that were taken stay: /);
      await same();
      await site.pebble.start();
      acme = await site.acme();
      await site.metricIs("acme_failures", (count) => count === 0);
      await site.shows("an issued certificate", isIssued);
      assert.ok(traefiks.said.includes("the certificates that are offered can be read again"));
    });
  });

  describe("its own client", () => {
    let site: AcmeSite;
    let replica: Replica;
    const running: Traefik[] = [];

    beforeEach(async () => {
      site = await AcmeSite.create(1);
      replica = (await Replica.several(1))[0] as Replica;
    });
    afterEach(async function () {
      if (this.currentTest?.state === "failed") console.log(`${running.map((each) => each.errors.join("\n")).join("\n")}\n${site.said()}`);
      await Promise.all(running.splice(0).map((traefik) => traefik.stop()));
      await site.close();
      await replica.kill();
    });

    for (const challenge of ["http-01", "tls-alpn-01"] as const) {
      it(`proves names by ${challenge}, and keeps what it got over a restart without the authority`, async () => {
        const [ports] = site.balancers as [AcmeSite["balancers"][number]];
        if (challenge === "tls-alpn-01") site.pebble.challengesAt({ tls: ports.https });
        await site.pebble.start();
        const traefik = await Traefik.start(
          {
            hosts: [HOST],
            routes: [{ name: "app", path: "/", to: targets([replica]) }],
            tls: {
              builtInAcme: {
                email: "ops@example.org",
                directory: site.pebble.directory,
                challenge,
                authorityFile: site.pebble.authorityFile,
              },
            },
          },
          { ports, certificates: false },
        );
        running.push(traefik);
        const issued = await site.shows("an issued certificate", isIssued);
        assert.equal(issued.subjectAltName, `DNS:${HOST}`);
        await site.pebble.kill();
        await traefik.restart();
        const kept = await site.shows("an issued certificate", isIssued);
        assert.equal(kept.serialNumber, issued.serialNumber);
      });
    }
  });
});
