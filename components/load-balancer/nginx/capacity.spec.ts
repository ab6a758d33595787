import assert from "node:assert/strict";
import { declaredRef } from "../../platform/testing/mocks";
import { dataLimitOf, workersOf } from "./capacity";
import type { NginxLoadBalancerOptions } from "./options";

const app = declaredRef("app", { http: 3000 });

function options(more: Partial<NginxLoadBalancerOptions> = {}, images = false): NginxLoadBalancerOptions {
  const routes = [{ name: "app", path: "/", to: app, ...(images ? { images: {} } : {}) }];
  return { routes, tls: false, image: "x", ...more } as NginxLoadBalancerOptions;
}

describe("the balancer's workers", () => {
  const cases: [string, NginxLoadBalancerOptions, number | "auto"][] = [
    ["one for one CPU", options(), 1],
    ["one for a part of one", options({ resources: { limits: { cpu: "250m" } } }), 1],
    ["one for each begun CPU", options({ resources: { limits: { cpu: "2100m" } } }), 3],
    [
      "by what the workload is given in the end",
      options({ resources: { limits: { cpu: 8 } }, workload: { resources: { limits: { cpu: 2 } } } }),
      2,
    ],
    ["one more where images are resized", options({ resources: { limits: { cpu: 2 } } }, true), 3],
    ["those that are given", options({ processes: { workers: 5 } }, true), 5],
    ["the machine's CPUs when told so", options({ processes: { workers: "auto" } }, true), "auto"],
    ["nginx's own number where the limit is none, which the platform reports", options({ resources: { limits: { cpu: "two" } } }), "auto"],
  ];
  for (const [what, given, expected] of cases) {
    it(what, () => {
      assert.equal(workersOf(given), expected);
    });
  }
});

describe("memory of one of the balancer's processes", () => {
  const limits = (memory: string) => ({ resources: { limits: { memory } } });
  const cases: [string, NginxLoadBalancerOptions, number | undefined][] = [
    ["is not limited where nothing is resized", options(limits("1Gi")), undefined],
    ["is a third of the container's with two workers", options({}, true), Math.floor((256 * 1024) / 3)],
    ["is by the workers there are", options({ ...limits("1Gi"), processes: { workers: 7 } }, true), 128 * 1024],
    ["is half of it where their number is not known", options({ ...limits("1Gi"), processes: { workers: "auto" } }, true), 512 * 1024],
    ["is what nginx needs at least", options(limits("64Mi"), true), 32 * 1024],
    ["is not limited where the container's is no quantity, which the platform reports", options(limits("much"), true), undefined],
  ];
  for (const [what, given, expected] of cases) {
    it(what, () => {
      assert.equal(dataLimitOf(given), expected);
    });
  }
});
