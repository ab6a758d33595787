// What each part of our balancer costs: ours beside ours without it.
import { table } from "../readme.mjs";
import { ours } from "./contenders.mjs";
import { median } from "./results.mjs";

/** @typedef {Partial<import("@testbro/components/load-balancer/nginx").NginxOptions>} Changes */

/** Parts by what switches them off. @type {{id: string, title: string, changes: Changes}[]} */
const PARTS = [
  { id: "counting", title: "counting for metrics (`metrics`)", changes: { metrics: false } },
  { id: "log", title: "access log (`accessLog`)", changes: { accessLog: false } },
  { id: "rate", title: "rate of each client (`limits.perClient`)", changes: { limits: { perClient: false } } },
  {
    id: "headers",
    title: "security headers (`headers`)",
    changes: { headers: { csp: false, referrerPolicy: false, permissionsPolicy: false, frameOptions: false, openerPolicy: false } },
  },
  { id: "compression", title: "choice of compression (`compression`)", changes: { compression: { gzip: false, brotli: false } } },
];

/** All of them. @type {Changes} */
const NOTHING = Object.assign({}, ...PARTS.map(({ changes }) => changes));

/** Cases in which it is measured. */
export const COST_CASES = ["http-small", "https-small", "https-large"];

/**
 * Ours first, then ours without each part, and without all of them.
 * @param {(options: import("@testbro/components/load-balancer/nginx").NginxOptions) => string} render
 * @returns {import("./contenders.mjs").Contender[]}
 */
export const withoutParts = (render) =>
  [{ id: "ours", title: "everything", changes: {} }, ...PARTS, { id: "nothing", title: "all of these", changes: NOTHING }].map(
    ({ id, title, changes }) => ({ id, title, version: "nginx -v", caches: true, instances: ours(render, changes) }),
  );

/**
 * The part of a request's processor time that goes to each.
 * @param {import("./results.mjs").Results} results
 */
export function describeCosts({ date, command, machine, load, rounds, seconds, contenders, measured }) {
  const [own, ...others] = contenders;
  const share = (/** @type {string} */ id, /** @type {string} */ contender) => {
    const [all, without] = [measured[id]?.[own?.id ?? ""] ?? [], measured[id]?.[contender] ?? []];
    const parts = all.map(({ cpu }, round) => 1 - (without[round]?.cpu ?? NaN) / cpu);
    return `${(100 * median(parts)).toFixed(0)} %`;
  };
  const cases = Object.keys(measured);
  return [
    `Measured on ${date.slice(0, 10)} with \`${command}\`: ${machine}, load average ${load.toFixed(0)}; median of ${rounds} rounds of ${seconds} s.`,
    table(
      ["Part of a request's processor time", ...cases],
      others.map(({ id, title }) => [title, ...cases.map((each) => share(each, id))]),
    ),
  ].join("\n\n");
}
