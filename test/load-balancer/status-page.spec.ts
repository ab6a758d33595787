import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NginxOptions } from "@testbro/components/load-balancer/nginx";
import { accessibilityProblems, openBrowser } from "../browser";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import type { Handler, Replica } from "./replica";

const LOGIN = { authorization: `Basic ${Buffer.from("ada:secret").toString("base64")}` };

/** Answers with the status that the path is. */
const byPath: Handler = (request, response) => {
  response.statusCode = Number(request.url?.slice(1)) || 200;
  response.end();
};

describe("nginx: status page", function () {
  this.timeout(120_000);
  const balancer = withNginx();

  /** A balancer that has answered, and its replica. */
  async function start(): Promise<{ nginx: Nginx; replica: Replica }> {
    const [replica] = (await balancer.replicas(1, byPath)) as [Replica];
    const hash = spawnSync("openssl", ["passwd", "-apr1", "secret"], { encoding: "utf8" }).stdout.trim();
    const app: NginxOptions["routes"][number] = { name: "app", path: "/", to: { host: replica.address, port: replica.port } };
    const options = { limits: { perClient: false } as const };
    let file = "";
    const nginx = await balancer.start({ ...options, routes: [app] }, (folder) => {
      file = join(folder, "users");
      writeFileSync(file, `ada:${hash}\n`, { mode: 0o644 });
    });
    // The password file's place is known only now.
    nginx.write({ ...options, routes: [{ name: "balancer", path: "/balancer/", page: "status", access: { basicAuth: { file } } }, app] });
    await nginx.reload();
    const paths = [...Array.from({ length: 1234 }, () => "/200"), "/500", "/500", "/502"];
    while (paths.length > 0) await Promise.all(paths.splice(0, 50).map((path) => ask(nginx, path)));
    return { nginx, replica };
  }

  it("is behind its password, with the numbers of routes and replicas and nothing from elsewhere", async () => {
    const { nginx, replica } = await start();
    const status = async (path: string, headers = {}) => (await ask(nginx, path, { headers })).status;
    assert.deepEqual(
      [await status("/balancer/"), await status("/balancer/style.css"), await status("/balancer/other", LOGIN)],
      [401, 401, 404],
    );
    const page = await ask(nginx, "/balancer/", { headers: LOGIN });
    assert.equal(page.status, 200);
    assert.deepEqual([page.headers["content-type"], page.headers["cache-control"]], ["text/html; charset=utf-8", "no-store"]);
    assert.match(page.text, /<th scope="row">app<\/th><td>1,237<\/td><td><span class="bad">0\.24 %/);
    assert.ok(page.text.includes(`<th scope="row">${replica.address}:${replica.port}</th><td>app</td><td>1,237</td>`), page.text);
    assert.doesNotMatch(page.text, /https?:\/\/|<script|<style/);
    const style = await ask(nginx, "/balancer/style.css", { headers: LOGIN });
    assert.deepEqual([style.status, style.headers["content-type"]], [200, "text/css; charset=utf-8"]);
  });

  it("has nothing that axe-core objects to, light and dark, in a real browser", async function () {
    const browser = await openBrowser(process.env["CHROMIUM"]);
    if (browser === undefined) {
      console.log("      skipped: no Chromium here (name one in CHROMIUM; `npm test load-balancer` looks for one)");
      this.skip();
    }
    try {
      const { nginx } = await start();
      for (const colorScheme of ["light", "dark"] as const) {
        const context = await browser.newContext({ colorScheme, extraHTTPHeaders: LOGIN, viewport: { width: 1100, height: 700 } });
        const page = await context.newPage();
        const problems: string[] = [];
        page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
        await page.goto(`http://localhost:${nginx.ports.http}/balancer/`);
        assert.equal(await page.title(), "Load balancer");
        assert.deepEqual([await accessibilityProblems(page), problems], [[], []]);
        const picture = process.env["TESTBRO_PICTURES"];
        if (picture) await page.screenshot({ path: join(picture, `balancer-${colorScheme}.png`), fullPage: true });
        await context.close();
      }
    } finally {
      await browser.close();
    }
  });
});
