import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { hostListsText, renderTraefik, type TraefikOptions, type TraefikProxyRoute } from ".";
import type { DynamicConfiguration } from "./configuration";
import { EXAMPLES } from "./examples.fixture";

/** Snapshots stand beside the sources; specs run from `dist`. Write them anew with UPDATE_SNAPSHOTS=1. */
const SNAPSHOTS = join(__dirname.replace(`${join("components", "dist")}`, "components"), "snapshots");

const app: TraefikProxyRoute = { name: "app", path: "/", to: { host: "app.test", port: 3001 } };

function dynamic(options: Partial<TraefikOptions>): DynamicConfiguration {
  return parse(renderTraefik({ routes: [app], tls: false, ...options }).dynamicText) as DynamicConfiguration;
}

describe("renderTraefik", () => {
  for (const [name, example] of Object.entries(EXAMPLES)) {
    it(`renders the example "${name}" as its snapshot`, () => {
      const { staticText, dynamicText, labels, filled, hostLists } = renderTraefik(example);
      const whole = { static: parse(staticText) as unknown, dynamic: parse(dynamicText) as unknown, labels, filled, hostLists };
      const text = `${JSON.stringify(whole, undefined, 2)}\n`;
      const file = join(SNAPSHOTS, `${name}.json`);
      if (process.env["UPDATE_SNAPSHOTS"]) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      assert.ok(existsSync(file), `${file} is missing: run with UPDATE_SNAPSHOTS=1 and look at what it writes`);
      assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(file, "utf8")));
    });
  }

  it("gives the same text for the same options", () => {
    for (const example of Object.values(EXAMPLES)) assert.deepEqual(renderTraefik(example), renderTraefik(structuredClone(example)));
  });

  it("values from outside stay values: in no rule, template or other key", () => {
    const text = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
    const render = (value: string) =>
      renderTraefik({
        tls: false,
        routes: [
          {
            ...app,
            path: `/a${value}`,
            headers: { csp: `x${value}`, set: { "X-A": `x${value}` } },
          },
          { ...app, name: "guarded", path: "/guarded", access: { basicAuth: { realm: value, users: ["ada:x"] } } },
        ],
      }).dynamicText;
    const shape = (value: unknown): unknown =>
      typeof value === "object" && value !== null ? Object.entries(value).map(([key, inner]) => [key, shape(inner)]) : typeof value;
    const expected = JSON.stringify(shape(parse(render("harmless"))));
    fc.assert(
      fc.property(text, (value) => {
        const rendered = render(value);
        assert.ok(!rendered.includes("{{"), "Traefik would run it as a template");
        const configuration = parse(rendered) as DynamicConfiguration;
        assert.equal(JSON.stringify(shape(configuration)), expected);
        assert.equal(configuration.http.routers["app"]?.rule, `PathPrefix(${JSON.stringify(`/a${value}`)})`);
        assert.equal(configuration.http.middlewares?.["app-headers"]?.headers?.customResponseHeaders?.["X-A"], `x${value}`);
      }),
      { numRuns: 300 },
    );
  });

  it("orders routers: named hosts first, then the longest path, an exact one before a prefix; refusals before, stand-ins after", () => {
    const to = { discovered: "testbro-app", port: 1 };
    const { routers } = dynamic({
      discovery: { endpoint: "https://x" },
      routes: [
        { name: "root", path: "/", to },
        { name: "long", path: "/long", to, access: { deny: ["10.0.0.1"] } },
        { name: "exact", path: "/long", match: "exact", to, hosts: ["a"] },
        { name: "prefix", path: "/long", to, hosts: ["a"] },
        { name: "host", path: "/", to, hosts: ["a"] },
      ],
    }).http;
    const order = Object.entries(routers)
      .filter(([name]) => name !== "status-ready")
      .sort(([, a], [, b]) => b.priority - a.priority)
      .map(([name]) => name);
    const unavailable = (names: string[]) => names.flatMap((name) => [name, `${name}-unavailable`]);
    assert.deepEqual(order.slice(0, 7), ["detours", ...unavailable(["exact", "prefix", "host"])]);
    assert.deepEqual(order.slice(7), ["not-found-1", "long-denied", ...unavailable(["long", "root"]), "not-found-0"]);
    const priorities = order.map((name) => routers[name]?.priority);
    assert.equal(new Set(priorities).size, order.length, "no two of the same priority");
  });

  it("has no empty section, which Traefik refuses", () => {
    const { http } = dynamic({ routes: [{ name: "gone", path: "/", respond: { status: 410 } }] });
    assert.ok(Object.values(http).every((section) => Object.keys(section).length > 0));
  });

  it("what stands in for a route refuses what the route refuses", () => {
    const access = { allow: ["10.0.0.0/8"], basicAuth: { users: ["ada:x"] } };
    const { routers } = dynamic({
      discovery: { endpoint: "https://x" },
      routes: [{ ...app, to: { discovered: "a", port: 1 }, access, rateLimits: [{ rate: "1r/s" }] }],
    }).http;
    const guards = (name: string) => routers[name]?.middlewares?.filter((each) => /addresses|password|rate|headers/.test(each));
    assert.deepEqual(guards("app-unavailable"), guards("app"));
    assert.equal(guards("app")?.length, 4);
  });

  it("names the parts of several so that a hash tells them apart", () => {
    const targets = [
      { host: "a", port: 1, weight: 3 },
      { host: "b", port: 1 },
    ];
    const { services } = dynamic({ routes: [{ ...app, strategy: "weighted", split: "client", to: targets }] }).http;
    assert.deepEqual(
      services?.["app"]?.highestRandomWeight?.services.map(({ name }) => name),
      ["part0-of-app", "part1-of-app"],
    );
  });

  it("labels say how replicas are chosen and nothing of routes", () => {
    for (const example of Object.values(EXAMPLES)) {
      for (const labels of Object.values(renderTraefik(example).labels)) {
        for (const label of Object.keys(labels)) assert.match(label, /^traefik\.(enable$|http\.services\.[a-z0-9-]+\.loadbalancer\.)/);
      }
    }
  });

  it("a workload's replicas are chosen among in the same way, whether labels tell of them or the configuration has them", () => {
    const source = { endpoint: "https://x/configuration" };
    for (const { discovery, ...example } of Object.values(EXAMPLES).filter((each) => each.discovery)) {
      const labelled = renderTraefik({ ...example, ...(discovery ? { discovery } : {}), source });
      const filling = renderTraefik({ ...example, source: { ...source, replicas: true } });
      const named = parse(labelled.dynamicText.replaceAll("@swarm", "")) as DynamicConfiguration;
      const whole = parse(filling.dynamicText) as DynamicConfiguration;
      assert.deepEqual([named.http.routers, named.http.middlewares, named.tls], [whole.http.routers, whole.http.middlewares, whole.tls]);
      assert.deepEqual(filling.labels, {});
      for (const [name, { workload, port, scheme }] of Object.entries(filling.filled)) {
        const { servers, ...settings } = whole.http.services?.[name]?.loadBalancer ?? assert.fail(name);
        assert.deepEqual(servers, []);
        assert.equal(named.http.services?.[name], undefined);
        const leaves = (prefix: string, value: unknown): [string, string][] =>
          typeof value === "object" && value !== null
            ? Object.entries(value).flatMap(([key, inner]) => leaves(`${prefix}.${key.toLowerCase()}`, inner))
            : [[prefix, String(value)]];
        const prefix = `traefik.http.services.${name}.loadbalancer`;
        const expected = leaves(prefix, { ...settings, serversTransport: `${settings.serversTransport}@http`, server: { port } });
        const labels = Object.entries(labelled.labels[workload] ?? {}).filter(([label]) => label.startsWith(`${prefix}.`));
        assert.deepEqual(labels.sort(), expected.sort(), `${name} ${scheme}`);
      }
    }
  });

  it("keeps the API off every port and the status port off the outside", () => {
    for (const example of Object.values(EXAMPLES)) {
      const settings = parse(renderTraefik(example).staticText) as { api: { insecure: boolean } };
      assert.equal(settings.api.insecure, false);
      const { routers } = (parse(renderTraefik(example).dynamicText) as DynamicConfiguration).http;
      for (const [name, router] of Object.entries(routers)) {
        // Whoever reads metrics may also know whether there are routes.
        assert.equal(router.entryPoints.includes("status"), name === "status-ready", name);
        assert.equal(router.service === "ping@internal", name === "status-ready", name);
        if (router.service === "api@internal") assert.ok(router.tls && router.middlewares?.some((each) => each.endsWith("password")), name);
      }
    }
  });

  it("lists for the entry point are words without anything a shell could take", () => {
    assert.equal(hostListsText({ "monitoring-host": [], "a-host": ["10.0.0.0/8", "::1"] }), "monitoring-host a-host=10.0.0.0/8,::1");
  });
});
