import { Agent, request } from "node:http";

/** An engine that does not answer in this time is asked again by the next question. Milliseconds. */
const TIMEOUT_MS = 4000;

/** Reads a path of the engine's API. @throws Error with the engine's own words */
export type ReadEngine = (path: string) => Promise<unknown>;

/** Reads the engine at a Unix socket; only ever by GET. */
export function engineAt(socketPath: string): ReadEngine {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  return (path) =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath, path, agent, method: "GET", timeout: TIMEOUT_MS }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if (response.statusCode !== 200) reject(new Error(`the engine answers ${response.statusCode}: ${text.trim().slice(0, 200)}`));
          else {
            try {
              resolve(JSON.parse(text));
            } catch (error) {
              reject(error as Error);
            }
          }
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`the engine did not answer within ${TIMEOUT_MS / 1000} s`)));
      sent.on("error", reject);
      sent.end();
    });
}
