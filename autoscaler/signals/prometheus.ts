import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Lanes } from "./lanes";

/** A value and when it was measured, or why there is none; `unreachable` where it is the server's fault and not the query's. */
export type QueryResult = { readonly value: number; readonly age: number } | { readonly problem: string; readonly unreachable?: boolean };

/** Prometheus takes samples up to five minutes old for current unless told otherwise; older than this is no data here. */
const LOOKBACK_SECONDS = 45;
/** From the question to the last byte, the wait for other questions included. */
const TIMEOUT_SECONDS = 4;
/** Twenty is what Prometheus itself works on at a time (`--query.max-concurrency`). */
const CONNECTIONS = 20;
/** An instant query of one number is some hundred bytes; more than this is another server's answer. */
const MOST_BYTES = 1_000_000;

/** Asks a Prometheus server. Never throws: an unreachable or confused server is a problem to report, and no data. */
export class Prometheus {
  private readonly secure: boolean;
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly lanes = new Lanes(CONNECTIONS);

  constructor(
    private readonly url: string,
    private readonly now: () => number = () => Date.now() / 1000,
    private readonly seconds = TIMEOUT_SECONDS,
  ) {
    this.secure = url.startsWith("https:");
    const options = { keepAlive: true, maxSockets: CONNECTIONS };
    this.agent = this.secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  async query(expression: string): Promise<QueryResult> {
    const url = new URL("api/v1/query", this.url.endsWith("/") ? this.url : `${this.url}/`);
    url.searchParams.set("query", expression);
    url.searchParams.set("lookback_delta", `${LOOKBACK_SECONDS}s`);
    try {
      const { status, text } = await this.lanes.run((left) => this.ask(url, left), this.seconds, this.late);
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        return {
          problem: `Prometheus does not answer: HTTP ${status} that is no JSON, "${text.slice(0, 40).replace(/\s+/g, " ")}"`,
          unreachable: true,
        };
      }
      // 400 and 422 are about the query (Prometheus' HTTP API); everything else that failed is about the server
      const refused = status !== 200 && status !== 400 && status !== 422;
      return refused ? { problem: `Prometheus does not answer: HTTP ${status}`, unreachable: true } : readAnswer(body, this.now());
    } catch (error) {
      return { problem: `Prometheus does not answer: ${(error as Error).message}`, unreachable: true };
    }
  }

  private get late(): string {
    return `no answer within ${this.seconds} s`;
  }

  private ask(url: URL, left: number): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      // one timer from the question to the last byte: Node's own limits start anew with every byte
      const timer = setTimeout(() => request.destroy(new Error(this.late)), left * 1000);
      const failed = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      const request = (this.secure ? httpsRequest : httpRequest)(url, { agent: this.agent }, (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on("data", (part: Buffer) => {
          bytes += part.length;
          if (bytes > MOST_BYTES) request.destroy(new Error(`more than ${MOST_BYTES} bytes for one number`));
          else parts.push(part);
        });
        response.on("end", () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() });
        });
        response.on("error", failed);
      });
      request.on("error", failed);
      request.end();
    });
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
