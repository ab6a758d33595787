import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BALANCER_RECORDED, builtinRules } from "./builtin";
import { toYaml } from "./config";
import { settingsOf } from "./options";
import { ruleFile } from "./rules";

const promtool = process.env["PROMTOOL"] ?? "promtool";

/** A counter of the route `api` of one of two balancers that rises every 5 s. */
const counter = (metric: string, more: string, rise: number, replica = 2) => ({
  series: `${metric}{tier="load-balancer",workload="testbro-nginx",replica="10.0.1.${replica}",route="api"${more}}`,
  values: `0+${rise}x60`,
});

describe("recorded series of the balancer", function () {
  this.timeout(60_000);

  before(function () {
    if (!spawnSync(promtool, ["--version"]).error) return;
    console.log("      skipped: no promtool here; install Debian's package prometheus or set PROMTOOL to its path");
    this.skip();
  });

  it("are by route, over all balancers: requests, errors, latency, cache, limits", () => {
    const expected = {
      // 10 + 10 in 5 s, of which one is a 503 and two are a 429.
      [BALANCER_RECORDED.requests]: 4,
      [BALANCER_RECORDED.errorRatio]: 0.05,
      [BALANCER_RECORDED.limitedRatio]: 0.1,
      // 6 hits and 2 stale answers of 10.
      [BALANCER_RECORDED.cacheHitRatio]: 0.8,
      // Of 100 answers 98 within 0.1 s and all within 0.25 s: half way between.
      [BALANCER_RECORDED.latency]: 0.175,
    };
    const test = {
      interval: "5s",
      input_series: [
        counter("nginx_http_requests_total", ',status="200"', 9),
        counter("nginx_http_requests_total", ',status="503"', 1),
        counter("nginx_http_requests_total", ',status="200"', 8, 3),
        counter("nginx_http_requests_total", ',status="429"', 2, 3),
        counter("nginx_http_limited_requests_total", ',limit="rate",result="rejected"', 2, 3),
        counter("nginx_http_limited_requests_total", ',limit="rate",result="delayed"', 5, 3),
        counter("nginx_cache_requests_total", ',result="hit"', 6),
        counter("nginx_cache_requests_total", ',result="stale"', 2),
        counter("nginx_cache_requests_total", ',result="miss"', 2),
        counter("nginx_http_request_duration_seconds_bucket", ',le="0.1"', 98),
        counter("nginx_http_request_duration_seconds_bucket", ',le="0.25"', 100),
        counter("nginx_http_request_duration_seconds_bucket", ',le="+Inf"', 100),
      ],
      promql_expr_test: Object.entries(expected).map(([name, value]) => ({
        expr: `round(${name}, 0.001)`,
        eval_time: "150s",
        exp_samples: [{ labels: '{tier="load-balancer",workload="testbro-nginx",route="api"}', value }],
      })),
    };
    const folder = mkdtempSync(join(tmpdir(), "testbro-recorded-"));
    try {
      writeFileSync(join(folder, "rules.yml"), toYaml(ruleFile(builtinRules([], settingsOf({})), "docs/runbooks")));
      writeFileSync(join(folder, "test.yml"), toYaml({ rule_files: ["rules.yml"], evaluation_interval: "5s", tests: [test] }));
      const { status, stdout, stderr } = spawnSync(promtool, ["test", "rules", join(folder, "test.yml")], { encoding: "utf8" });
      assert.equal(status, 0, stdout + stderr);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
