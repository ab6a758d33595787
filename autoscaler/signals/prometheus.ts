/** A value and when it was measured, or why there is none. */
export type QueryResult = { readonly value: number; readonly age: number } | { readonly problem: string };

/** Prometheus takes samples up to five minutes old for current unless told otherwise; older than this is no data here. */
const LOOKBACK_SECONDS = 45;
const TIMEOUT_MS = 4000;

/** Asks a Prometheus server. Never throws: an unreachable or confused server is a problem to report, and no data. */
export class Prometheus {
  constructor(
    private readonly url: string,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {}

  async query(expression: string): Promise<QueryResult> {
    try {
      const url = new URL("api/v1/query", this.url.endsWith("/") ? this.url : `${this.url}/`);
      url.searchParams.set("query", expression);
      url.searchParams.set("lookback_delta", `${LOOKBACK_SECONDS}s`);
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return readAnswer(await response.json(), this.now());
    } catch (error) {
      return { problem: `Prometheus does not answer: ${(error as Error).message}` };
    }
  }
}

/** Reads an answer of /api/v1/query: one sample, or several that are added up. */
export function readAnswer(body: unknown, now: number): QueryResult {
  const answer = body as { status?: string; error?: string; data?: { resultType?: string; result?: unknown } } | null;
  if (answer?.status !== "success") return { problem: `Prometheus refuses the query: ${answer?.error ?? "no reason given"}` };
  const { resultType, result } = answer.data ?? {};
  const samples: unknown[] =
    resultType === "scalar"
      ? [result]
      : resultType === "vector" && Array.isArray(result)
        ? result.map((entry: { value?: unknown }) => entry?.value)
        : [];
  if (samples.length === 0) return { problem: "the query has no result: the series does not exist or is stale" };
  let value = 0;
  let oldest = Infinity;
  for (const sample of samples) {
    if (!Array.isArray(sample)) return { problem: "Prometheus' answer is not understood" };
    const [at, text] = sample as [unknown, unknown];
    const number = typeof text === "string" && text.trim() !== "" ? Number(text) : NaN;
    if (!Number.isFinite(number) || typeof at !== "number") return { problem: `the query's value is ${String(text).slice(0, 40)}` };
    value += number;
    oldest = Math.min(oldest, at);
  }
  const age = Math.max(0, now - oldest);
  return age > LOOKBACK_SECONDS ? { problem: `the newest value is ${age.toFixed(0)} s old` } : { value, age };
}
