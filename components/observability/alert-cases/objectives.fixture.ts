import { app, onBackend, type AlertCase, type Series } from "./case.fixture";

/** Seconds between two values: what a rate over a minute still works with. */
const EVERY = 30;

/** Requests of which so many of 10,000 are bad: failed, or slow. First for `bad` values, then none bad for `good` values. */
function requests(kind: "failed" | "slow", of10000: number, bad: number, good: number): Series {
  const counter = (per: number, more: string, metric = "testbro_http_requests_total") => ({
    [app(2, metric, `,route="/api/runs",${more}`)]:
      `0+${per}x${bad} ${per * bad}+${kind === "failed" && more.includes("503") ? 0 : per}x${good}`,
  });
  const within = (le: string, per: number) => ({
    [app(2, "testbro_http_request_duration_seconds_bucket", `,route="/api/runs",le="${le}"`)]:
      `0+${per}x${bad} ${per * bad + 10000}+10000x${good}`,
  });
  if (kind === "slow") return { ...counter(10000, 'status="200"'), ...within("0.5", 10000 - of10000), ...within("+Inf", 10000) };
  return { ...counter(10000 - of10000, 'status="200"'), ...counter(of10000, 'status="503"'), ...within("0.5", 10000) };
}

const HOUR = 3600 / EVERY;

interface Burn {
  /** Bad ones of 10,000, just above and just below. */
  above: number;
  below: number;
  long: string;
  share: string;
  factor: number;
  lasts: string;
  severity: string;
  /** Values after which the bad ones end, and seconds after which the alert is gone. */
  bad: number;
  recovered: number;
}

function burns(kind: "failed" | "slow", name: "Availability" | "Latency", suffix: string, burn: Burn): AlertCase {
  const what = kind === "failed" ? "failed with a server error" : "took longer than 0.5 s";
  const times = burn.factor > 1 ? ` ${burn.factor} times too fast` : "";
  return {
    alert: `${name}${suffix}`,
    every: EVERY,
    // Which of two groups sees the other's values first is left open.
    step: 60,
    bad: requests(kind, burn.above, burn.bad, burn.recovered / EVERY + 8),
    fires: 120,
    recovered: burn.recovered,
    labels: { severity: burn.severity, ...onBackend },
    summary: `testbro-backend uses up its ${name.toLowerCase()} budget${times}`,
    description: `${burn.share} of the requests to testbro-backend in the last ${burn.long} ${what}; promised are ${kind === "failed" ? "0.1%" : "1%"} over 30 days. At this pace a whole budget lasts ${burn.lasts} at most.`,
    quiet: [requests(kind, burn.below, 8, 1)],
  };
}

const FAST = { long: "1h", factor: 14.4, lasts: "2 days", severity: "critical", bad: 20, recovered: 1200 };
const MIDDLE = { long: "6h", factor: 6, lasts: "5 days", severity: "critical", bad: 20, recovered: 3600 };
const SLOW = { long: "3d", factor: 1, lasts: "30 days", severity: "warning", bad: 20, recovered: 7 * 3600 };

/** Cases of the group objectives. */
export const OBJECTIVE_CASES: AlertCase[] = [
  burns("failed", "Availability", "BurnsFast", { ...FAST, above: 145, below: 143, share: "1.45%" }),
  burns("failed", "Availability", "Burns", { ...MIDDLE, above: 61, below: 59, share: "0.61%" }),
  burns("failed", "Availability", "BurnsSlowly", { ...SLOW, above: 11, below: 9, share: "0.11%" }),
  burns("slow", "Latency", "BurnsFast", { ...FAST, above: 1450, below: 1430, share: "14.5%" }),
  burns("slow", "Latency", "Burns", { ...MIDDLE, above: 610, below: 590, share: "6.1%" }),
  burns("slow", "Latency", "BurnsSlowly", { ...SLOW, above: 110, below: 90, share: "1.1%" }),
  {
    alert: "LatencyUnmeasured",
    every: EVERY,
    bad: {
      [app(2, "testbro_http_requests_total", ',route="/api/runs",status="200"')]: `0+100x${HOUR}`,
      [app(2, "testbro_http_request_duration_seconds_bucket", ',route="/api/runs",le="0.7"')]: `0+100x${HOUR}`,
      // Another version of the app has the bucket.
      [app(2, "testbro_http_request_duration_seconds_bucket", ',route="/api/runs",le="0.5"')]: `_x15 0+100x${HOUR}`,
    },
    fires: 390,
    step: 90,
    recovered: 600,
    labels: { severity: "warning", ...onBackend },
    summary: "Nobody can tell whether testbro-backend keeps its latency objective",
    description:
      "The answer times of testbro-backend have no bucket that ends at 0.5 s, so the latency alerts of it can never fire. Set objectives.latencySeconds to a bucket's bound.",
    quiet: [requests("slow", 10, 60, 8)],
  },
];
