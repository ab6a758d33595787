import { ask } from "./ask";
import type { Nginx } from "./nginx";

/** A sample as it stands in the text, e.g. `nginx_http_requests_total{route="app",status="200"}`, and its value. */
export type Samples = Map<string, number>;

/** The text a balancer shows to Prometheus; on a new connection, which a worker of before a reload does not get. */
export async function scrapeText(nginx: Nginx): Promise<string> {
  const { status, text } = await ask(nginx, "/metrics", { scheme: "http", port: nginx.ports.status });
  if (status !== 200) throw new Error(`/metrics answers ${status}`);
  return text;
}

/** Every sample a balancer shows. */
export async function scrape(nginx: Nginx): Promise<Samples> {
  const lines = (await scrapeText(nginx)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The samples of one family that are not 0, by their labels. */
export function family(samples: Samples, name: string): Record<string, number> {
  const own = [...samples].filter(([sample, value]) => sample.startsWith(`${name}{`) && value !== 0);
  return Object.fromEntries(own.map(([sample, value]) => [sample.slice(name.length + 1, -1), value]));
}
