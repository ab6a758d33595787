import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settingsOf } from "../options";
import { promqlProblem } from "../promql";
import {
  chosenAll,
  dashboards,
  describeDashboards,
  DASHBOARD_NAMES,
  uidOf,
  type DashboardDescription,
  type PanelDescription,
} from "./index";

const settings = settingsOf({ runbooks: "https://example.org/runbooks/" });
const described = [...describeDashboards(settings), ...describeDashboards({ ...settings, balancer: "traefik" }).filter(isBalancers)];
function isBalancers({ name }: DashboardDescription): boolean {
  return name === "load-balancer";
}
const panelsOf = (each: (typeof described)[number]): PanelDescription[] => each.rows.flatMap(({ panels }) => panels);

/** What of Grafana's form is looked at here. */
interface Built {
  uid: string;
  title: string;
  links: { url?: string; title: string; tags?: string[] }[];
  templating: { list: { name: string }[] };
  panels: {
    type: string;
    title?: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { expr: string; refId: string }[];
    links?: { url: string }[];
    fieldConfig?: {
      defaults: { unit?: string; links?: { url: string }[]; thresholds?: { steps: { value: number | null; color: string }[] } };
    };
  }[];
}
const built = Object.values(dashboards(settings)) as unknown as Built[];

describe("dashboards", () => {
  it("are four, each with a title, variables and an address of its own", () => {
    assert.deepEqual(
      built.map(({ uid }) => uid),
      DASHBOARD_NAMES.map(uidOf),
    );
    assert.equal(new Set(built.map(({ title }) => title)).size, 4);
    for (const { templating } of built) assert.ok(templating.list.length > 0);
  });

  for (const each of described) {
    it(`${each.title}: every query is PromQL, and asks for no variable that the dashboard lacks`, () => {
      for (const { title, queries } of panelsOf(each)) {
        assert.ok(queries.length > 0, title);
        for (const { expr } of queries) {
          assert.equal(promqlProblem(chosenAll(expr)), undefined, `${title}: ${expr}`);
          const used = [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name);
          assert.deepEqual(
            used.filter((name) => !each.variables.some((variable) => variable.name === name)),
            [],
            title,
          );
        }
      }
    });

    it(`${each.title}: every panel says what it shows, once`, () => {
      const titles = panelsOf(each).map(({ title }) => title);
      assert.equal(new Set(titles).size, titles.length);
      for (const { title, description } of panelsOf(each)) assert.match(description, /\.$|…$/, title);
    });

    it(`${each.title}: limits lie in order`, () => {
      for (const { title, limits } of panelsOf(each)) {
        if (!limits) continue;
        const [low, high] = limits.bad === "below" ? [limits.critical, limits.warning] : [limits.warning, limits.critical];
        assert.ok(low <= high, `${title}: ${low} and ${high}`);
      }
    });
  }

  it("name runbooks that are there", () => {
    const runbooks = join(__dirname, "../../../../docs/runbooks");
    for (const { title, runbook } of described.flatMap(panelsOf)) {
      if (runbook === undefined) continue;
      const [page = "", anchor] = runbook.split("#");
      const headings = [...readFileSync(join(runbooks, page), "utf8").matchAll(/^## (.+)$/gm)].map(([, heading]) => heading?.toLowerCase());
      assert.ok(headings.includes(anchor), `${title}: ${runbook}`);
    }
  });

  it("lie side by side without a gap or an overlap", () => {
    for (const { title, panels } of built) {
      const taken = new Set<string>();
      for (const { gridPos } of panels) {
        assert.ok(gridPos.x + gridPos.w <= 24, title);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            assert.ok(!taken.has(`${x}/${y}`), `${title}: two panels at ${x}/${y}`);
            taken.add(`${x}/${y}`);
          }
        }
      }
    }
  });

  it("lead to each other, and to what to do", () => {
    for (const { links, panels } of built) {
      assert.deepEqual(
        links.map(({ title, url, tags }) => [title, url || undefined, tags]),
        [
          ["Dashboards", undefined, ["testbro"]],
          ["Runbooks", "https://example.org/runbooks/README.md", []],
        ],
      );
      for (const { url } of panels.flatMap((panel) => panel.links ?? []))
        assert.match(url, /^https:\/\/example\.org\/runbooks\/\w+\.md#\w+$/);
      for (const { url } of panels.flatMap((panel) => panel.fieldConfig?.defaults.links ?? [])) {
        assert.ok(
          DASHBOARD_NAMES.some((name) => url.startsWith(`/d/${uidOf(name)}?`)),
          url,
        );
      }
    }
    // Three clicks from a slow page: route, its containers, and their limits.
    const latency = built[0]?.panels.find(({ title }) => title === "99th percentile by route");
    assert.match(
      latency?.fieldConfig?.defaults.links?.[0]?.url ?? "",
      /^\/d\/testbro-infrastructure\?var-workload=\$\{__field\.labels\.workload\}/,
    );
  });

  it("link to no runbook where none is published", () => {
    const plain = Object.values(dashboards(settingsOf({}))) as unknown as Built[];
    assert.doesNotMatch(JSON.stringify(plain), /What to do|"Runbooks"/);
  });

  it("ask for the user's own metrics, and colour by the user's own thresholds", () => {
    const own = dashboards(settingsOf({ metricNames: { requests: "shop_requests_total" }, thresholds: { certificateDays: 40 } }));
    const text = JSON.stringify(own);
    assert.doesNotMatch(text, /testbro_http_requests_total/);
    assert.match(text, /shop_requests_total/);
    const certificate = (own["load-balancer"] as unknown as Built).panels.find(({ title }) => title === "Certificate");
    assert.deepEqual(certificate?.fieldConfig?.defaults.thresholds?.steps, [
      { value: null, color: "red" },
      { value: 3, color: "yellow" },
      { value: 40, color: "green" },
    ]);
  });

  it("are, each of them, small enough for a Swarm config", () => {
    for (const each of built) assert.ok(Buffer.byteLength(JSON.stringify(each)) < 500_000);
  });
});
