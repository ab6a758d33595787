import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned } from "./certificate.fixture";
import { startLoadProcess } from "./index";

describe("load client in a process of its own", () => {
  const certificate = selfSigned();
  const folder = mkdtempSync(join(tmpdir(), "testbro-load-"));
  const caFile = join(folder, "ca.pem");
  const server = createServer(certificate, (_request, response) => void response.end());
  let url = "";

  before(async () => {
    writeFileSync(caFile, certificate.cert);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("reports at its end", async () => {
    const report = await startLoadProcess({ url, caFile, seconds: 0.5, get: ["/", "/other"] }).report;
    assert.equal(report.ok, 50);
    assert.equal(report.failed, 0);
  });

  it("keeps its schedule while the process that started it is busy", async () => {
    const { report } = startLoadProcess({ url: "https://localhost:1", seconds: 1 });
    const until = performance.now() + 1500;
    while (performance.now() < until);
    const { sent, latestSend } = await report;
    assert.equal(sent, 100);
    assert.ok(latestSend < 1000, `sent ${latestSend} ms late`);
  });

  /** Resolves once a request has arrived. */
  const begun = () => once(server, "request");

  it("stops when asked", async () => {
    const first = begun();
    const run = startLoadProcess({ url, caFile, seconds: 600 });
    await first;
    const report = await run.stop();
    assert.ok(report.sent > 0 && report.sent < 60_000, `${report.sent} sent`);
    assert.equal(report.unfinished, 0);
  });

  it("stops when the process that started it is gone", async () => {
    let requests = 0;
    const count = () => (requests += 1);
    server.on("request", count);
    const first = begun();
    const program = `require(${JSON.stringify(join(__dirname, "index.js"))}).startLoadProcess(JSON.parse(process.argv[1]))`;
    const starter = spawn(process.execPath, ["-e", program, JSON.stringify({ url, caFile, seconds: 600 })], { stdio: "ignore" });
    await first;
    starter.kill("SIGKILL");
    let before = -1;
    for (const until = Date.now() + 30_000; before !== requests && Date.now() < until;) {
      before = requests;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    server.off("request", count);
    assert.equal(requests, before, "it goes on");
  });

  it("says why it could not run", async () => {
    await assert.rejects(
      startLoadProcess({ url, caFile, rate: 0, get: ["no-slash"] }).report,
      /exit code 2: rate is 0: .*get is \["no-slash"\]/s,
    );
  });
});
