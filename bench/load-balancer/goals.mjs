// What the balancer is to reach, and whether it does.
import { CASES } from "./cases.mjs";
import { figureOf, ratioOf, throughputOf } from "./results.mjs";

/** Throughput of a proxied request through that of another balancer, at least. */
const THROUGHPUT = [
  { contender: "nginx-1.30", title: "stock nginx 1.30", least: 1 },
  { contender: "nginx-1.26", title: "stock nginx 1.26", least: 2 },
  { contender: "haproxy", title: "HAProxy", least: 0.95 },
  { contender: "traefik", title: "Traefik", least: 2 },
];

/** A cached answer through the same one from the upstream, at least. */
const CACHED = 3;

/** New TLS connections through HAProxy's, at least. */
const HANDSHAKES = 1;

/** p99 through stock nginx 1.30's, at most. */
const P99 = 1;

/** As they are written: a ratio is known to a hundredth at best. */
const rounded = (/** @type {number} */ value) => Number(value.toFixed(2));

/**
 * @param {import("./results.mjs").Results} results
 * @returns {{goal: string, reached: string, met: boolean}[]}
 */
export function goals(results) {
  const known = CASES.filter(({ id }) => results.measured[id]);
  const proxied = known.filter(({ kind, uncached, alone }) => kind !== "handshakes" && uncached === undefined && !alone);
  const own = results.contenders[0]?.id ?? "";
  /** @param {string} goal @param {{title: string, value: number | undefined}[]} all @param {(value: number) => boolean} holds */
  const judge = (goal, all, holds) => {
    const values = all.flatMap(({ title, value }) => (value === undefined ? [] : [{ title, value: rounded(value) }]));
    const short = values.filter(({ value }) => !holds(value));
    const range = [Math.min(...values.map(({ value }) => value)), Math.max(...values.map(({ value }) => value))];
    const reached = `${range.map((value) => value.toFixed(2)).join("–")}${short.length > 0 ? `; short: ${short.map(({ title, value }) => `${title} ${value.toFixed(2)}`).join(", ")}` : ""}`;
    return values.length > 0 ? [{ goal, reached, met: short.length === 0 }] : [];
  };
  return [
    ...THROUGHPUT.flatMap(({ contender, title, least }) =>
      judge(
        `throughput at least ${least} × ${title}`,
        proxied.map((one) => ({ title: one.title, value: throughputOf(results, one.id, contender)?.median })),
        (value) => value >= least,
      ),
    ),
    ...judge(
      "p99 no worse than stock nginx 1.30's",
      proxied.map((one) => ({ title: one.title, value: ratioOf(results, one.id, "nginx-1.30", "p99")?.median })),
      (value) => value <= P99,
    ),
    ...known
      .filter(({ kind }) => kind === "handshakes")
      .flatMap((one) =>
        judge(
          `${one.title}: at least HAProxy's`,
          [{ title: one.title, value: throughputOf(results, one.id, "haproxy")?.median }],
          (value) => value >= HANDSHAKES,
        ),
      ),
    ...[true, false].flatMap((alone) =>
      judge(
        `a cached GET at least ${CACHED} × its uncached rate, ${alone ? "an app in Node.js" : "an upstream that costs next to nothing"}`,
        known
          .filter((one) => one.uncached !== undefined && results.measured[one.uncached] && (one.alone ?? false) === alone)
          .map((one) => {
            // Against the nginx that answers from memory by the balancer's processor, against an app by the clock: the app is what is spared.
            const rate = (/** @type {string} */ id) =>
              alone ? (figureOf(results, id, own, "perSecond") ?? NaN) : 1 / (figureOf(results, id, own, "cpu") ?? NaN);
            return { title: one.title, value: rate(one.id) / rate(one.uncached ?? "") };
          }),
        (value) => value >= CACHED,
      ),
    ),
  ];
}
