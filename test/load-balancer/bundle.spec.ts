import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { renderNginxWithOrigins, renderProber, RUNTIME_DIRECTORY, type NginxOptions } from "@testbro/components/load-balancer/nginx";
import { ask, tally, type Answer } from "./ask";
import { needsContainer, withNginx } from "./fixture";
import { freePorts, selfSigned, type Nginx } from "./nginx";
import type { Confines } from "./nginx-command";
import { Script } from "./script";

describe("nginx: a new configuration without a restart", function () {
  this.timeout(90_000);
  withNginx();

  let folder = "";
  let ports: number[] = [];
  let pair: { certificateFile: string; keyFile: string };
  const scripts: Script[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "testbro-bundle-"));
    for (const name of ["", "bundle", "run", "offered"]) {
      mkdirSync(join(folder, name), { recursive: true });
      chmodSync(join(folder, name), 0o777);
    }
    ports = await freePorts(4);
    pair = selfSigned(folder, "both-sides", ["localhost"]);
    copyFileSync(selfSigned(folder, "site", ["localhost"]).certificateFile, join(folder, "bundle", "tls-0.pem"));
    copyFileSync(join(folder, "site.key"), join(folder, "bundle", "tls-0.key"));
  });

  afterEach(async () => {
    await Promise.all(scripts.splice(0).map((script) => script.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** Puts a configuration into the bundle that answers with its version. */
  function write(version: string, more: Partial<NginxOptions> = {}): void {
    const text = renderNginxWithOrigins({
      routes: [{ name: "app", path: "/", respond: { status: 200, body: version } }],
      tls: { certificates: [0].map((index) => ({ certificateFile: file(`tls-${index}.pem`), keyFile: file(`tls-${index}.key`) })) },
      ports: { http: ports[0] ?? 0, https: ports[1] ?? 0, status: ports[2] ?? 0 },
      processes: { workers: 1 },
      accessLog: false,
      ...more,
    });
    place(text.replaceAll(RUNTIME_DIRECTORY, join(folder, "run")));
  }

  /** Read-only, as platforms mount configuration. */
  function place(text: string): void {
    const path = join(folder, "bundle", "nginx.conf");
    rmSync(path, { force: true });
    writeFileSync(path, text);
    chmodSync(path, 0o444);
  }

  function file(name: string): string {
    return `/@bundle@/${name}`;
  }

  async function start(name: string, runtime: string, env: Record<string, string>, confines?: Confines): Promise<Script> {
    const variables = { NGINX_RUNTIME: join(folder, runtime), NGINX_BUNDLE_INTERVAL: "1", ...env };
    const script = await Script.start(folder, name, variables, "nginx", confines);
    scripts.push(script);
    return script;
  }

  function tls(files = pair): Record<string, string> {
    return { NGINX_BUNDLE_CERTIFICATE: files.certificateFile, NGINX_BUNDLE_KEY: files.keyFile, NGINX_BUNDLE_CA: pair.certificateFile };
  }

  function offer(): Promise<Script> {
    return start("testbro-nginx-bundle", "offered", {
      ...tls(),
      NGINX_BUNDLE_FOLDERS: join(folder, "bundle"),
      NGINX_BUNDLE_PORT: String(ports[3]),
    });
  }

  function balance(files = pair, more: Record<string, string> = {}): Promise<Script> {
    return start("testbro-nginx", "run", { ...tls(files), NGINX_BUNDLE: `https://localhost:${ports[3]}`, ...more });
  }

  function request(): Promise<Answer> {
    const ca = readFileSync(join(folder, "bundle", "tls-0.pem"), "utf8");
    return ask({ ca, ports: { http: ports[0], https: ports[1], status: ports[2] } } as Nginx, "/");
  }

  /** Waits until it answers with a version: nginx reloads after it was taken, and a worker of before may answer once more. */
  async function answers(version: string, balancer: Script): Promise<void> {
    const deadline = Date.now() + 20_000;
    while ((await request()).text !== version) {
      assert.ok(Date.now() < deadline, `${version} never serves:\n${balancer.output}`);
      await sleep(100);
    }
  }

  /** What the balancer's metrics say of the bundle. */
  async function told(): Promise<Record<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${ports[2]}/metrics`)).text();
    const lines = [...text.matchAll(/^nginx_bundle_(\w+)\{.*\} (\d+)$/gm)];
    return Object.fromEntries(lines.map(([, name = "", value]) => [name, Number(value)]));
  }

  it("starts before the bundle is offered, takes a new version over mutual TLS, and fails no request meanwhile", async () => {
    write("one");
    const balancer = await balance();
    await balancer.says(/no usable configuration/);
    const first = await offer();
    await balancer.says(/took version/);
    await sleep(500);
    assert.equal((await request()).text, "one");

    const seen: string[] = [];
    let running = true;
    const load = (async () => {
      while (running) {
        seen.push(
          await request().then(
            (answer) => answer.text,
            (error: Error) => error.message,
          ),
        );
        await sleep(10);
      }
    })();
    await first.stop();
    write("two");
    await offer();
    for (let waited = 0; seen.at(-1) !== "two" && waited < 20_000; waited += 100) await sleep(100);
    await sleep(500);
    running = false;
    await load;
    assert.deepEqual(Object.keys(tally(seen)).sort(), ["one", "two"]);
    assert.equal(await balancer.stop(), 0);
  });

  it("limits the memory of nginx, and of nothing else, as it is told", async () => {
    write("one");
    await offer();
    const balancer = await balance(pair, { NGINX_DATA_LIMIT: "65536" });
    await balancer.says(/took version/);
    const pid = `$(cat ${join(folder, "run", "nginx.pid")})`;
    for (let waited = 0; waited < 20_000 && (await request().catch(() => undefined))?.text !== "one"; waited += 100) await sleep(100);
    const limit = (process: string) => balancer.run(`awk '/^Max data size/ { print $4 }' /proc/${process}/limits`).trim();
    assert.equal(limit(pid), String(64 * 1024 * 1024));
    assert.equal(limit(`$(awk '/^PPid:/ { print $2 }' /proc/${pid}/status)`), "unlimited");
  });

  it("offers nothing to whoever cannot show the right certificate", async () => {
    write("one");
    await offer();
    const balancer = await balance(selfSigned(folder, "stranger", ["localhost"]));
    await balancer.says(/400|certificate/i);
    await sleep(2500);
    assert.doesNotMatch(balancer.output, /took version/);
  });

  it("a configuration nginx refuses is not even offered, and the reason is nginx's own", async () => {
    place("events {}\nhttp { nonsense on; }\n");
    const offering = await offer();
    assert.notEqual(await offering.ended(), 0);
    assert.match(offering.output, /unknown directive "nonsense" in .*nginx\.conf:2/);
  });

  it("what only nginx can know to be wrong is refused with its words and the option, before it is offered", async () => {
    write("one");
    writeFileSync(join(folder, "bundle", "tls-0.pem"), "no certificate\n");
    const certificate = await offer();
    assert.notEqual(await certificate.ended(), 0);
    assert.match(certificate.output, /\[emerg\] .*cannot load certificate ".*\/tls-0\.pem"/);
    assert.match(certificate.output, /^testbro-nginx-check: option: nginx\.tls\.certificates\[0\]$/m);

    copyFileSync(join(folder, "site.pem"), join(folder, "bundle", "tls-0.pem"));
    write("two", { resolver: { addresses: ["there-is-none.invalid"] } });
    const resolver = await offer();
    assert.notEqual(await resolver.ended(), 0);
    assert.match(resolver.output, /\[emerg\] .*host not found in resolver "there-is-none\.invalid" in .*nginx\.conf:\d+/);
    assert.match(resolver.output, /^testbro-nginx-check: option: nginx\.resolver$/m);
    assert.equal(resolver.output.match(/option:/g)?.length, 1);
  });

  it("a balancer that is replaced for a configuration nginx refuses ends with the same words and the option", async () => {
    write("one");
    const path = join(folder, "bundle", "nginx.conf");
    place(readFileSync(path, "utf8").replaceAll("/@bundle@/", join(folder, "bundle/")));
    writeFileSync(join(folder, "bundle", "tls-0.key"), "no key\n");
    const balancer = await start("testbro-nginx", "run", { NGINX_CONFIG: path });
    assert.notEqual(await balancer.ended(), 0);
    assert.match(balancer.output, /\[emerg\] .*cannot load certificate key ".*\/tls-0\.key"/);
    assert.match(balancer.output, /^testbro-nginx-check: option: nginx\.tls\.certificates\[0\]$/m);
  });

  it("a running balancer names the option too, and keeps what it has", async () => {
    write("one");
    const balancer = await start("testbro-nginx", "run", { NGINX_BUNDLE: join(folder, "bundle") });
    await balancer.says(/took version/);
    write("two", { resolver: { addresses: ["there-is-none.invalid"] } });
    await balancer.says(/option: nginx\.resolver\n.*this version of the bundle cannot be taken now/);
    assert.equal((await request()).text, "one");
  });

  it("what nginx could not do is done as soon as it can be, its reason said once, and metrics tell of it meanwhile", async () => {
    write("one");
    const begun = Math.floor(Date.now() / 1000);
    const balancer = await start("testbro-nginx", "run", { NGINX_BUNDLE: join(folder, "bundle"), NGINX_BUNDLE_RETRY: "2" });
    await balancer.says(/took version/);
    const logs = join(folder, "run", "logs");
    write("two", { accessLog: { path: join(logs, "access.log") } });
    await balancer.says(/open\(\) ".*access\.log" failed \(2: .*\n[^]*cannot be taken now/);
    await sleep(5000);
    assert.equal(balancer.output.match(/cannot be taken now/g)?.length, 1);
    assert.equal(balancer.output.match(/open\(\)/g)?.length, 1);
    const waiting = await told();
    assert.equal(waiting["refused"], 1);
    assert.ok((waiting["reached_timestamp_seconds"] ?? 0) >= begun + 4, "the source is reached all the while");

    mkdirSync(logs);
    chmodSync(logs, 0o777);
    await balancer.says(/took version[^]*took version/);
    await answers("two", balancer);
    const taken = await told();
    assert.equal(taken["refused"], 0);
    assert.ok((taken["taken_timestamp_seconds"] ?? 0) > (waiting["taken_timestamp_seconds"] ?? Infinity));
  });

  it("a full folder holds a version up only until there is room, wherever the room ends", async function () {
    await needsContainer(this);
    write("one");
    const run = join(folder, "run");
    const more = { NGINX_BUNDLE: join(folder, "bundle"), NGINX_BUNDLE_RETRY: "1" };
    const balancer = await start("testbro-nginx", "run", more, { run: "1m" });
    await balancer.says(/took version/);
    // Room for nothing, for the list, for the files, for a part of a version.
    for (const [index, pages] of [0, 1, 4, 8].entries()) {
      balancer.run(`head -c 2m /dev/zero > ${run}/fill 2>/dev/null; truncate -s -${pages * 4096} ${run}/fill`);
      const said = balancer.output.length;
      write(`version ${index}`);
      for (let waited = 0; !/No space left|write error/.test(balancer.output.slice(said)); waited += 100) {
        assert.ok(waited < 20_000, balancer.output);
        await sleep(100);
      }
      assert.doesNotMatch(balancer.output.slice(said), /took version|refuses/);
      balancer.run(`rm ${run}/fill`);
      await answers(`version ${index}`, balancer);
    }
  });

  it("from a folder: takes what is good, keeps what it has when the new is not, and looks at a refused version once", async () => {
    write("one");
    const balancer = await start("testbro-nginx", "run", { NGINX_BUNDLE: join(folder, "bundle") });
    await balancer.says(/took version/);
    await sleep(500);
    const good = readFileSync(join(folder, "bundle", "nginx.conf"), "utf8");
    place(good.replace("events {", "nonsense on;\nevents {"));
    await balancer.says(/nginx refuses this version/);
    await sleep(2500);
    assert.equal(balancer.output.match(/nginx refuses this version/g)?.length, 1);
    assert.equal((await request()).text, "one");
    write("three");
    await balancer.says(/took version[^]*took version/);
    await answers("three", balancer);
  });

  it("hands the prober its part of a version, and takes it away with a version that has none", async () => {
    write("one");
    const [prober = 0] = await freePorts(1);
    const route = { name: "app", path: "/", to: { host: "app.test", port: 3001 }, healthCheck: { path: "/@bundle@/ready" } };
    const text = renderProber({ routes: [route], tls: false, ports: { prober } }) ?? "";
    const file = join(folder, "bundle", "prober.json");
    writeFileSync(file, text.replaceAll(RUNTIME_DIRECTORY, join(folder, "run")));
    const balancer = await start("testbro-nginx", "run", { NGINX_BUNDLE: join(folder, "bundle") });
    await balancer.says(/asks the replicas of app\.test:3001/);
    assert.match(readFileSync(join(folder, "run", "prober.json"), "utf8"), /run\/v[0-9a-f]{16}\/ready/);
    rmSync(file);
    write("two");
    await balancer.says(/took version[^]*took version/);
    await sleep(500);
    assert.equal(existsSync(join(folder, "run", "prober.json")), false);
    assert.equal((await request()).text, "two");
  });

  it("takes no version whose files are not what its list says, nor a file outside its folder", async () => {
    write("one");
    const conf = readFileSync(join(folder, "bundle", "nginx.conf"));
    const sum = (data: Buffer) => createHash("sha256").update(data).digest("hex");
    const lists = [`${sum(Buffer.from("other"))}  nginx.conf\n`, `${sum(conf)}  ../nginx.conf\n`];
    for (const [index, list] of lists.entries()) {
      const server = createServer({ cert: readFileSync(pair.certificateFile), key: readFileSync(pair.keyFile) }, (question, response) =>
        response.end(question.url === "/list" ? list : conf),
      );
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const port = (server.address() as AddressInfo).port;
      const balancer = await start("testbro-nginx", "run", { ...tls(), NGINX_BUNDLE: `https://localhost:${port}` });
      await balancer.says(index === 0 ? /nginx\.conf: FAILED|did NOT match/ : /no plain name/);
      assert.doesNotMatch(balancer.output, /took version/);
      await balancer.stop();
      server.closeAllConnections();
      server.close();
    }
  });
});
