import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import type { NginxOptions } from "@testbro/components/load-balancer/nginx";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import { Nginx, selfSigned } from "./nginx";

/** Rendered examples; this file runs from `test/dist/load-balancer`. */
const SNAPSHOTS = resolve(__dirname, "../../../components/load-balancer/nginx/render/snapshots");

describe("nginx: syntax", function () {
  this.timeout(120_000);
  const balancer = withNginx();

  // Between them they use every option; the renderer's own specs see to it that they are what it renders.
  const snapshots = readdirSync(SNAPSHOTS).filter((file) => file.endsWith(".conf"));
  for (const file of snapshots) {
    it(`accepts the snapshot ${file}`, async () => {
      const nginx = await Nginx.prepare({ routes: [{ name: "app", path: "/", to: { host: "127.0.0.1", port: 9 } }] });
      try {
        const files = [0, 1].map((index) => selfSigned(nginx.folder, String(index), ["localhost"]));
        const text = readFileSync(join(SNAPSHOTS, file), "utf8")
          .replaceAll(/\/etc\/nginx\/tls\/(\d)\.pem/g, (_all, index: string) => files[Number(index)]?.certificateFile ?? "")
          .replaceAll(/\/run\/secrets\/tls-(\d)\.key/g, (_all, index: string) => files[Number(index)]?.keyFile ?? "")
          .replaceAll("/etc/nginx/tls/ca.pem", files[0]?.certificateFile ?? "");
        nginx.place(text);
        const { accepted, output } = nginx.test();
        assert.ok(accepted, output);
        // A test certificate has no issuer to staple for; any other warning is a mistake of the renderer.
        assert.doesNotMatch(output.replaceAll(/.*"ssl_stapling" ignored.*/g, ""), /\[warn\]/);
      } finally {
        await nginx.stop();
      }
    });
  }

  it("takes hostile text as text: nginx accepts it and sends it back unchanged", async () => {
    const hostile = [
      'a" always; add_header X-Injected "1',
      "a\\",
      '\\"; } server { listen 1; } #',
      "$host ${host} $$ $",
      "'; return 200 'x",
      "# comment",
      "} location / { return 200; } {",
      "tab\tand ; {} and é",
    ];
    const routes: NginxOptions["routes"] = hostile.flatMap((text, index) => [
      { name: `body-${index}`, path: `/body/${index}`, match: "exact" as const, respond: { status: 200, body: `${text}\nsecond line` } },
      {
        name: `header-${index}`,
        path: `/header/${index}`,
        match: "exact" as const,
        respond: { status: 200, body: "x" },
        headers: { set: { "X-Hostile": text }, csp: text.replaceAll("é", "e") },
      },
    ]);
    const nginx = await balancer.start({ routes });
    for (const [index, text] of hostile.entries()) {
      assert.equal((await ask(nginx, `/body/${index}`)).text, `${text}\nsecond line`);
      const { headers } = await ask(nginx, `/header/${index}`);
      assert.equal(Buffer.from(String(headers["x-hostile"]), "latin1").toString("utf8"), text);
      assert.equal(headers["x-injected"], undefined);
    }
  });

  it("accepts whatever text the options accept", async () => {
    const text = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 });
    const texts = fc.sample(text, { numRuns: 150, seed: 42 });
    const nginx = await Nginx.prepare({
      routes: texts.map((value, index) => ({
        name: `r-${index}`,
        path: `/${index}/${value}`,
        to: { host: "127.0.0.1", port: 9 },
        headers: { csp: value, set: { "X-A": value } },
        access: { basicAuth: { realm: value, file: "/none" } },
      })),
    });
    try {
      const { accepted, output } = nginx.test();
      assert.ok(accepted, output);
    } finally {
      await nginx.stop();
    }
  });

  it("refuses what is wrong, with its own words", async () => {
    const nginx = await Nginx.prepare({ routes: [{ name: "app", path: "/", to: { host: "127.0.0.1", port: 9 } }] });
    try {
      writeFileSync(nginx.configuration, "events {}\nhttp { no_such_directive on; }\n");
      const { accepted, output } = nginx.test();
      assert.equal(accepted, false);
      assert.match(output, /unknown directive "no_such_directive"/);
      assert.ok(output.includes(join(nginx.folder, "nginx.conf:2")));
    } finally {
      await nginx.stop();
    }
  });
});
