import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { BrowserContextOptions } from "playwright-core";
import { openBrowser } from "../browser";
import { withClients } from "../load-balancer/attack/network";
import { status } from "../swarm/app";
import type { Context } from "../swarm/context";

/** A service as Traefik's API tells of it. */
interface ShownService {
  name: string;
  serverStatus?: Record<string, string>;
}

/** Traefik's dashboard, for whom it is and for whom not. */
export function dashboard(context: Context): void {
  const url = (path: string) => new URL(path, context.app.status.urls.dashboard ?? assert.fail("there is no dashboard")).href;
  const login = async () => (await status("--show-secrets")).logins?.["dashboard"] ?? assert.fail("there is no login");

  describe("the dashboard", () => {
    const clients = withClients(1);

    it("in a real browser: nothing without the password, every replica with it", async function () {
      const browser = await openBrowser(process.env["CHROMIUM"]);
      if (browser === undefined) {
        console.log("      skipped: no Chromium here (name one in CHROMIUM; `npm test traefik` looks for one)");
        return this.skip();
      }
      // The browser does not know the stack's own authority.
      const open = async (options: BrowserContextOptions) => {
        const page = await (await browser.newContext({ ignoreHTTPSErrors: true, ...options })).newPage();
        return async (path: string) => {
          const answer = await page.goto(url(path));
          return { status: answer?.status(), text: (await answer?.text()) ?? "" };
        };
      };
      try {
        const stranger = await open({});
        for (const path of ["/dashboard/", "/api/rawdata", "/api/http/services"]) {
          const { status, text } = await stranger(path);
          assert.deepEqual([path, status, /testbro/.test(text)], [path, 401, false]);
        }
        const { user: username, password } = await login();
        assert.equal((await (await open({ httpCredentials: { username, password: `${password}x` } }))("/api/overview")).status, 401);
        const ada = await open({ httpCredentials: { username, password } });
        const services = JSON.parse((await ada("/api/http/services")).text) as ShownService[];
        for (const name of ["api@swarm", "frontend@swarm"]) {
          const replicas = Object.values(services.find((service) => service.name === name)?.serverStatus ?? {});
          assert.ok(replicas.length >= 2 && replicas.every((each) => each === "UP"), `${name}: ${replicas.join()}`);
        }
        const page = await ada("/dashboard/");
        // Built from source, Traefik has no page, only the API behind it.
        if (page.status === 404) console.log("      this Traefik was built from source: its API is there, its page is not");
        else assert.match(page.text, /<title>Traefik/);
      } finally {
        await browser.close();
      }
    });

    it("is for nobody at another address, whatever they know; the app is", async () => {
      const [client] = clients.all;
      assert.ok(client);
      const { user, password } = await login();
      const ports = { http: 8080, https: 8443 };
      const balancer = { address: client.balancer, ports, ca: readFileSync(context.app.status.caFile, "utf8") };
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
      const question = { host: new URL(url("/")).hostname, headers: { authorization } };
      const seen = await client.run("ask", balancer, [
        { path: "/api/http/services", question },
        { path: "/dashboard/", question },
        { path: "/api/http/services", question: { headers: { authorization } } },
        { path: "/" },
      ]);
      assert.deepEqual(
        seen.map(({ status, failure }) => failure ?? status),
        [403, 403, 404, 200],
      );
      for (const { text } of seen) assert.doesNotMatch(text, /serverStatus/);
    });

    it("and its API are on no port", async () => {
      for (const port of [8080, 8443]) {
        for (const path of ["/dashboard/", "/api/rawdata"]) {
          const { body } = await context.app.request(new URL(path, `${port === 8080 ? "http" : "https"}://localhost:${port}`).href);
          assert.doesNotMatch(body, /serverStatus|<title>Traefik/, `${port}${path}`);
        }
      }
    });
  });
}
