import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** Ports of the loopback that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

describe("the frontend as it is bundled", function () {
  this.timeout(120_000);
  let folder: string;
  let child: ChildProcess | undefined;
  let base: string;
  let output = "";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "testbro-frontend-"));
    const { bundle } = (await import(pathToFileURL(join(__dirname, "..", "bundle.mjs")).href)) as { bundle(folder: string): Promise<void> };
    await bundle(join(folder, "bundle"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    output = "";
    await start({});
    for (let turn = 0; ; turn++) {
      if (
        await fetch(`${base}/health`).then(
          (response) => response.ok,
          () => false,
        )
      )
        return;
      assert.ok(turn < 600, `the frontend did not start:\n${output}`);
      await sleep(100);
    }
  });
  afterEach(() => stop("SIGKILL"));

  async function start(environment: Record<string, string>): Promise<ChildProcess> {
    const [port, metricsPort] = await freePorts(2);
    base = `http://127.0.0.1:${port}`;
    const env = { PATH: process.env.PATH, PORT: String(port), METRICS_PORT: String(metricsPort), DRAIN_SECONDS: "0", ...environment };
    child = spawn(process.execPath, [join(folder, "bundle", "server.js")], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return child;
  }

  async function stop(signal: NodeJS.Signals): Promise<number | null> {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return running?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => running.once("exit", resolve));
    running.kill(signal);
    return gone;
  }

  it("serves the page so that every browser asks again, at the cost of a 304", async () => {
    const page = await fetch(`${base}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.equal(page.headers.get("cache-control"), "no-cache");
    const tag = page.headers.get("etag") ?? "";
    const again = await fetch(`${base}/`, { headers: { "if-none-match": `"other", W/${tag}` } });
    assert.equal(again.status, 304);
    assert.equal((await fetch(`${base}/`, { headers: { "if-none-match": '"other"' } })).status, 200);
    assert.equal((await fetch(`${base}/`, { method: "HEAD" })).status, 200);
  });

  it("names assets by their content, which may be kept for a year", async () => {
    const html = await (await fetch(`${base}/`)).text();
    const paths = [...new Set([...html.matchAll(/\/assets\/[\w.-]+/g)].map(([path]) => path))];
    assert.deepEqual(paths.map((path) => path.replace(/-[0-9a-f]{12}\./, ".")).sort(), [
      "/assets/icon.svg",
      "/assets/page.css",
      "/assets/page.js",
    ]);
    for (const path of paths) {
      const asset = await fetch(base + path);
      assert.equal(asset.status, 200, path);
      assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
    }
  });

  it("holds a content security policy without inline code and foreign origins", async () => {
    const html = await (await fetch(`${base}/`)).text();
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|https?:/);
  });

  it("gives nothing else away: no listing, nothing outside its folder", async () => {
    for (const path of ["/nothing", "/assets/nothing.js", "/index.html"]) {
      assert.equal((await fetch(base + path)).status, 404, path);
    }
    for (const path of ["/assets/", "/assets/..%2f..%2fserver.js"]) assert.equal((await fetch(base + path)).status, 403, path);
  });

  it("ends with code 0 on SIGTERM", async () => {
    assert.equal(await stop("SIGTERM"), 0);
  });

  it("says which page is missing", async () => {
    await stop("SIGKILL");
    output = "";
    const wrong = await start({ PUBLIC_FOLDER: join(folder, "nowhere") });
    assert.equal(await new Promise((resolve) => wrong.once("close", resolve)), 1);
    assert.match(output, /PUBLIC_FOLDER is ".*nowhere", which holds no index\.html: run `npm run bundle/);
  });
});
