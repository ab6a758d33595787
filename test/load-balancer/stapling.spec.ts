import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { renderNginx } from "@testbro/components/load-balancer/nginx";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import { OcspAuthority } from "./ocsp";

describe("nginx: OCSP stapling", function () {
  this.timeout(60_000);
  const balancer = withNginx();
  let authority: OcspAuthority | undefined;

  afterEach(async () => {
    await authority?.stop();
    authority = undefined;
  });

  /** What a client that asks for the status of the certificate is told in the handshake. */
  function status(nginx: Nginx, root: string): string {
    const args = ["s_client", "-connect", `127.0.0.1:${nginx.ports.https}`, "-servername", "localhost", "-CAfile", root, "-status"];
    const { stdout } = spawnSync("openssl", args, { input: "", encoding: "utf8", timeout: 10_000 });
    assert.match(stdout, /Verify return code: 0 \(ok\)/);
    return /Cert Status: (\w+)/.exec(stdout)?.[1] ?? /OCSP response: (.*)/.exec(stdout)?.[1] ?? "";
  }

  /** @param known whether nginx's system knows the root */
  async function start(from: OcspAuthority, stapling: boolean, known = false): Promise<Nginx> {
    const nginx = await balancer.start({ routes: [{ name: "app", path: "/", respond: { status: 200 } }], tls: true });
    const [certificateFile, keyFile] = ["site.pem", "site.key"].map((name) => join(nginx.folder, name)) as [string, string];
    cpSync(from.site.certificateFile, certificateFile);
    cpSync(from.site.keyFile, keyFile);
    cpSync(from.root, join(nginx.folder, "root.pem"));
    const text = renderNginx({
      routes: [{ name: "app", path: "/", respond: { status: 200 } }],
      tls: { certificates: [{ certificateFile, keyFile }], stapling },
      ports: nginx.ports,
      processes: { workers: 1 },
    });
    nginx.place(known ? text.replace("/etc/ssl/certs/ca-certificates.crt", join(nginx.folder, "root.pem")) : text);
    await nginx.reload();
    return nginx;
  }

  for (const [signer, what, known] of [
    ["issuer", "the issuer itself has signed, whoever it is", false],
    ["delegate", "a delegate of an authority the system knows has signed", true],
  ] as const) {
    it(`staples what the responder says and ${what}`, async () => {
      authority = await OcspAuthority.start(signer);
      const nginx = await start(authority, true, known);
      // nginx asks when the first client does, which gets nothing yet.
      let found = "";
      for (const deadline = Date.now() + 15_000; found !== "good" && Date.now() < deadline; await sleep(200))
        found = status(nginx, authority.root);
      assert.equal(found, "good", nginx.errors);
      const { asked } = authority;
      assert.equal(status(nginx, authority.root), "good");
      assert.equal(authority.asked, asked, "it is asked for once, not for every client");
    });
  }

  it("staples nothing that anybody else has signed, and says so", async () => {
    authority = await OcspAuthority.start("delegate");
    const nginx = await start(authority, true);
    for (
      const deadline = Date.now() + 15_000;
      !/OCSP_basic_verify\(\) failed/.test(nginx.errors) && Date.now() < deadline;
      await sleep(200)
    ) {
      assert.match(status(nginx, authority.root), /no response sent/);
    }
    assert.match(nginx.errors, /OCSP_basic_verify\(\) failed/);
    assert.match(status(nginx, authority.root), /no response sent/);
  });

  it("staples nothing where it is off, and asks nobody", async () => {
    authority = await OcspAuthority.start("issuer");
    const nginx = await start(authority, false);
    for (let index = 0; index < 3; index += 1) {
      assert.match(status(nginx, authority.root), /no response sent/);
      await sleep(200);
    }
    assert.equal(authority.asked, 0);
  });
});
