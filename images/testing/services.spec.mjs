import assert from "node:assert/strict";
import { sleep } from "../../toolchain/process.mjs";
import { readLock } from "../lock.mjs";
import { laboratory } from "./laboratory.mjs";

/** @import { Container } from "./laboratory.mjs" */

const DATA = {
  DATABASE_HOST: "postgres",
  DATABASE_PASSWORD_FILE: "/secrets/postgres-password",
  DATABASE_CA_FILE: "/secrets/ca.crt",
  REDIS_HOST: "redis",
  REDIS_PASSWORD_FILE: "/secrets/redis-password",
  REDIS_CA_FILE: "/secrets/ca.crt",
};

/** Asks a container over HTTP from inside, with what Node.js brings. @param {Container} container @param {string} url @param {unknown} [body] */
async function ask(container, url, body) {
  const script = `const [url, body] = process.argv.slice(1);
    fetch(url, body ? { method: "POST", body, headers: { "content-type": "application/json" } } : {})
      .then(async (response) => console.log(JSON.stringify({ status: response.status, text: await response.text() })));`;
  const { stdout, stderr } = await container.exec("node", "-e", script, url, ...(body === undefined ? [] : [JSON.stringify(body)]));
  assert.ok(stdout, stderr);
  return /** @type {{ status: number, text: string }} */ (JSON.parse(stdout));
}

describe("the backend image", function () {
  this.timeout(180_000);
  const lab = laboratory();
  /** @type {Container} */
  let backend;
  before(async () => {
    const data = [lab().postgres({ volume: await lab().volume() }), lab().redis({ volume: await lab().volume() })];
    await Promise.all(data.map(async (container) => (await container).healthy()));
    backend = await lab().start("backend", { environment: { ...DATA, DRAIN_SECONDS: "0" } });
    await backend.healthy();
  });

  it("is not root and says its own hash as version", async () => {
    assert.equal(await backend.user(), "10001");
    const { version } = JSON.parse((await ask(backend, "http://127.0.0.1:3001/api/whoami")).text);
    assert.equal(version, lab().images.backend?.split(":")[1]);
  });

  it("knows who vouches for public addresses, which Debian's Node.js has no list of its own for", async () => {
    assert.ok((await backend.publicAuthorities()) > 50);
  });

  it("works with the postgres and redis images over verified TLS", async () => {
    for (let turn = 0; (await ask(backend, "http://127.0.0.1:3001/health/ready")).status !== 200; turn++) {
      assert.ok(turn < 30, await backend.logs());
      await sleep(500);
    }
    const created = await ask(backend, "http://127.0.0.1:3001/api/runs", { name: "in a container" });
    assert.equal(created.status, 201, created.text);
    const { id } = JSON.parse(created.text);
    const job = await ask(backend, "http://127.0.0.1:3001/api/jobs", { runId: id, milliseconds: 0 });
    assert.equal(job.status, 202, job.text);
    let run = "";
    for (let turn = 0; turn < 30 && !run.includes("passed"); turn++)
      run = (await ask(backend, `http://127.0.0.1:3001/api/runs/${id}`)).text;
    assert.match(run, /"status":"passed"/);
    const metrics = await ask(backend, "http://127.0.0.1:9464/metrics");
    assert.match(metrics.text, /testbro_postgres_up\{[^}]*\} 1/);
    assert.match(metrics.text, /testbro_queue_jobs\{queue="runs",state="completed"[^}]*\} 1/);
  });

  it("does not connect to a server whose certificate carries another name", async () => {
    const environment = { ...DATA, DATABASE_HOST: "other-postgres", REDIS_HOST: "other-redis" };
    const misled = await lab().start("backend", { environment });
    await misled.healthy();
    let text = "";
    for (let turn = 0; turn < 30 && (text.match(/altnames/g) ?? []).length < 2; turn++) {
      const answer = await ask(misled, "http://127.0.0.1:3001/health/ready");
      assert.equal(answer.status, 503);
      text = answer.text;
    }
    assert.match(text, /PostgreSQL: Hostname\/IP does not match certificate's altnames: Host: other-postgres\./);
    assert.match(text, /Redis: Hostname\/IP does not match certificate's altnames: Host: other-redis\./);
    await misled.kill();
  });

  it("has a health check that tells a working service from one that does not answer as it should", async () => {
    assert.match((await backend.exec("testbro-http-health", "3001", "/health")).stdout, /answered 200/);
    const missing = await backend.exec("testbro-http-health", "3001", "/nothing");
    assert.equal(missing.code, 1);
    assert.match(missing.stdout, /\/nothing on port 3001 answered HTTP\/1\.1 404 Not Found/);
    const closed = await backend.exec("testbro-http-health", "1");
    assert.equal(closed.code, 1);
    assert.match(closed.stdout, /nothing listens on port 1/);
  });

  it("ends with code 0 on SIGTERM", async () => {
    assert.equal(await backend.stop(), 0);
  });

  it("refuses a wrong environment", async () => {
    const wrong = await lab().start("backend", { environment: { PORT: "none", DATABASE_PASSWORD_FILE: "/secrets/nowhere" } });
    assert.equal(await wrong.ended(), 1);
    assert.match(
      await wrong.logs(),
      /PORT is "none": use a whole number[^]*DATABASE_PASSWORD_FILE is "\/secrets\/nowhere", which cannot be read/,
    );
  });
});

describe("the frontend image", function () {
  this.timeout(180_000);
  const lab = laboratory();

  it("serves the page and its assets, is not root, ends with code 0", async () => {
    const frontend = await lab().start("frontend", { environment: { DRAIN_SECONDS: "0" } });
    await frontend.healthy();
    assert.equal(await frontend.user(), "10001");
    const page = await ask(frontend, "http://127.0.0.1:3000/");
    const assets = [...page.text.matchAll(/\/assets\/[\w.-]+/g)].map(([path]) => path);
    assert.equal(new Set(assets).size, 3);
    for (const path of assets) assert.equal((await ask(frontend, `http://127.0.0.1:3000${path}`)).status, 200, path);
    assert.doesNotMatch(page.text, /<script>|<style|style=|onclick/, "nothing inline, so that a strict content security policy holds");
    assert.equal(await frontend.stop(), 0);
  });
});

describe("the programs of every image", function () {
  this.timeout(180_000);
  const lab = laboratory();

  it("have the versions that images.lock.json expects", async () => {
    for (const [image, programs] of Object.entries(readLock().programs)) {
      for (const [program, version] of Object.entries(programs)) {
        const script = `${program} --version 2>&1 || ${program} -v 2>&1`;
        const { stdout } = await lab().engine.docker([
          "run",
          "--rm",
          "--network",
          "none",
          "--entrypoint",
          "sh",
          lab().images[image] ?? "",
          "-c",
          script,
        ]);
        assert.match(stdout, new RegExp(`(^|[^0-9.])${version.replaceAll(".", "\\.")}`), `${image}: ${program}`);
      }
    }
  });
});
