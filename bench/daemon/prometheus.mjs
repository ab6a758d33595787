// A Prometheus as far as the auto-scaler asks it: instant queries of one service's request rate.
import { createServer } from "node:http";

export class Prometheus {
  asked = 0;

  /** @param {{now: () => number, rate: (index: number) => number}} options `rate` is requests per second of a service */
  constructor({ now, rate }) {
    this.server = createServer((request, response) => {
      this.asked++;
      const query = new URL(request.url ?? "/", "http://prometheus").searchParams.get("query") ?? "";
      const index = Number(/service-(\d+)"/.exec(query)?.[1]);
      const result = [{ metric: {}, value: [now(), String(rate(index))] }];
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
    });
  }

  /** @returns {Promise<string>} its address */
  async listen() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
