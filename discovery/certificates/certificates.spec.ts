import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Offers } from "./offers";
import { withOffered, type Pair } from "./overlay";

let folder: string;

/** A new self-signed certificate. */
function made(file: string, ...names: string[]): Pair {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  const subject = ["-subj", "/CN=x", "-addext", `subjectAltName=${names.join(",")}`];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", `${file}.key`, "-out", `${file}.pem`], {
    cwd: folder,
    stdio: "pipe",
  });
  return { certificate: readFileSync(join(folder, `${file}.pem`), "utf8"), key: readFileSync(join(folder, `${file}.key`), "utf8") };
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "discovery-offers-"));
});
after(() => rmSync(folder, { recursive: true }));

describe("withOffered", () => {
  const files = ({ certificate, key }: Pair) => ({ certFile: certificate, keyFile: key });

  it("puts what is offered in the places of what is for exactly the same names, and leaves everything else as it is", () => {
    const [shop, rest] = [made("shop", "DNS:shop.test", "DNS:www.shop.test"), made("rest", "IP:192.0.2.1")];
    const configuration = {
      http: { services: {} },
      tls: {
        certificates: [files(rest), files(shop), { certFile: "/a/file.pem", keyFile: "/a/file.key" }],
        stores: { default: { defaultCertificate: files(shop) } },
        options: { default: { minVersion: "VersionTLS12" } },
      },
    };
    const before = structuredClone(configuration);
    const offered = made("offered", "DNS:WWW.shop.test", "DNS:shop.test");
    const other = made("other", "DNS:shop.test");
    const { tls, ...untouched } = withOffered(configuration, [other, offered]);
    assert.deepEqual(tls.certificates, [files(rest), files(offered), { certFile: "/a/file.pem", keyFile: "/a/file.key" }]);
    assert.deepEqual(tls.stores, { default: { defaultCertificate: files(offered) } });
    assert.deepEqual([tls.options, untouched], [before.tls.options, { http: before.http }]);
    assert.deepEqual(configuration, before);
  });

  it("changes nothing without TLS or offers", () => {
    assert.deepEqual(withOffered({ tls: { certificates: [] } }, []), { tls: { certificates: [] } });
    assert.deepEqual(withOffered({}, [made("unused", "DNS:a.test")]), {});
  });
});

describe("Offers", function () {
  this.timeout(20_000);
  let both: Pair;
  let server: Server;
  let url: string;
  let files: Record<string, string>;
  let stop: AbortController;
  let said: string[];

  before(() => {
    both = made("both", "DNS:localhost");
  });
  beforeEach(async () => {
    files = {};
    said = [];
    stop = new AbortController();
    const tls = { cert: both.certificate, key: both.key, ca: both.certificate, requestCert: true, rejectUnauthorized: true };
    server = createServer(tls, (question, response) => {
      const text = files[question.url ?? ""];
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    server.listen(0);
    await once(server, "listening");
    url = `https://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    stop.abort();
    server.closeAllConnections();
    server.close();
  });

  function offer(pairs: Record<string, Pair>): void {
    const named = Object.entries(pairs).flatMap(([name, { certificate, key }]) => [
      [`${name}.pem`, certificate],
      [`${name}.key`, key],
    ]) as [string, string][];
    const list = named.map(([name, text]) => `${createHash("sha256").update(text).digest("hex")}  ${name}\n`).join("");
    files = { "/list": list, ...Object.fromEntries(named.map(([name, text]) => [`/${name}`, text])) };
  }

  function follow(): Offers {
    const tls = { cert: both.certificate, key: both.key, ca: both.certificate };
    const offers = new Offers({ url, tls, every: 20, say: (line) => said.push(line) });
    void offers.run(stop.signal);
    return offers;
  }

  async function until(holds: () => boolean): Promise<void> {
    for (let waited = 0; !holds(); waited += 10) {
      if (waited > 10_000) throw new Error(`it never came to that; said:\n${said.join("\n")}`);
      await sleep(10);
    }
  }

  it("takes what is offered, and again what is offered later; nothing offered is known too", async () => {
    offer({});
    const offers = follow();
    await until(() => offers.known);
    assert.deepEqual(offers.pairs, []);
    const first = made("first", "DNS:a.test");
    offer({ "acme-a.test": first });
    await until(() => offers.pairs.length === 1);
    assert.deepEqual(offers.pairs, [first]);
    const second = made("second", "DNS:a.test");
    offer({ "acme-a.test": second });
    await until(() => offers.pairs[0]?.key === second.key);
    assert.match(
      said.join("\n"),
      /^took a certificate for DNS:a\.test, valid until .*\ntook a certificate for DNS:a\.test, valid until .*$/,
    );
  });

  it("keeps what it took while the service is away, and says so once", async () => {
    const only = made("only", "DNS:a.test");
    offer({ "acme-a.test": only });
    const offers = follow();
    await until(() => offers.known);
    files = {};
    await until(() => said.length === 2);
    await sleep(100);
    assert.deepEqual(said.slice(1), [
      `certificates cannot be read from ${url}, so the certificates that were taken stay: list is answered with 404`,
    ]);
    assert.deepEqual(offers.pairs, [only]);
    offer({ "acme-a.test": only });
    await until(() => said.at(-1) === "the certificates that are offered can be read again");
  });

  const broken: [string, () => void, RegExp][] = [
    ["a list that is none", () => (files["/list"] = "<html>"), /own authority's serve: the list has "<html>"/],
    ["a path for a name", () => (files["/list"] = `${"0".repeat(64)}  ../etc/passwd\n`), /the list has "0+ {2}\.\.\/etc\/passwd"/],
    ["another file than the list says", () => (files["/acme-a.test.pem"] += "\n"), /acme-a\.test\.pem is not what the list says/],
    ["an answer without end", () => (files["/list"] = "x".repeat(2_000_000)), /list is larger than/],
    [
      "a key that belongs to another certificate",
      () => offer({ "acme-a.test": { ...made("a", "DNS:a.test"), key: made("b", "DNS:b.test").key } }),
      /the key for DNS:a\.test is another one's/,
    ],
  ];
  for (const [what, breakIt, message] of broken) {
    it(`takes nothing of ${what}`, async () => {
      offer({ "acme-a.test": made("good", "DNS:a.test") });
      breakIt();
      const offers = follow();
      await until(() => said.length > 0);
      assert.match(said[0] ?? "", message);
      assert.deepEqual([offers.known, offers.pairs], [false, []]);
    });
  }
});
