import assert from "node:assert/strict";
import { startLoadProcess, summary } from "../load";
import { eventually } from "./commands";
import type { Context } from "./context";

/** Requests per second of one replica while the test runs: little, because client and replicas share one machine. */
const TARGET = 5;

/** Requests per second of the step, which wants three replicas of at most five, and the fewest that will do on a busy machine. */
const STEP = 14;
const FEWEST = 3;

interface ScaledService {
  name: string;
  desired: number;
  decision: { reason: string };
}

/** The auto-scaler that the stack brings, at its work. */
export function scaling(context: Context): void {
  const backend = () => context.service("backend");
  const autoscaler = () => context.service("autoscaler");
  const label = (...change: string[]) => context.engine.docker("service", "update", "--quiet", "--detach=false", ...change, backend());

  async function status(): Promise<{ services: ScaledService[]; problems: string[] }> {
    return context.app.json("/autoscaler/api/status");
  }

  describe("scales", () => {
    it("what is labelled, without a problem", async () => {
      await eventually(30, async () => {
        const { services, problems } = await status();
        assert.deepEqual([problems, services.map(({ name }) => name).sort()], [[], [backend(), context.service("frontend")]]);
      });
    });

    it("up with the requests, and no request fails", async () => {
      const { urls, caFile } = context.app.status;
      await label("--label-add", `autoscaler.target_requests_per_second=${TARGET}`);
      const step = startLoadProcess({ url: urls.app, caFile, seconds: 600, get: ["/api/whoami"], rate: STEP });
      try {
        // Each of them is really asked.
        const replicas = new Set<string>();
        await eventually(
          150,
          async () => {
            replicas.add((await context.app.json<{ replica: string }>("/api/whoami")).replica);
            assert.ok(replicas.size >= FEWEST, JSON.stringify(await status()));
          },
          200,
        );
      } finally {
        await label("--label-rm", "autoscaler.target_requests_per_second");
      }
      const report = await step.stop();
      assert.deepEqual(report.failures, [], summary(report));
    });

    it("nothing that is not labelled for it, whoever asks the gate", async () => {
      // The auto-scaler's own container asks: it has the token, and nobody else is in the gate's network.
      const ask = `
        const token = require("fs").readFileSync("/run/secrets/gate-token", "utf8");
        const headers = { "content-type": "application/json", authorization: "Bearer " + token };
        const post = (path, body) => fetch(process.env.AUTOSCALER_GATE + path, { method: "POST", headers, body: JSON.stringify(body) });
        Promise.all([
          post("/v1/scale", { service: "${context.service("postgres")}", count: 2 }),
          post("/v1/scale", { service: "${backend()}", count: 3, image: "other:1" }),
          post("/containers/create", { Image: "other:1" }),
        ]).then((answers) => console.log(answers.map((answer) => answer.status).join(" ")))`;
      const container = await context.engine.container(autoscaler());
      assert.equal((await context.engine.docker("exec", container, "node", "-e", ask)).trim(), "409 400 404");
      assert.equal((await context.engine.tasks(context.service("postgres"))).length, 1);
    });

    it("and pauses behind the balancer only with the token", async () => {
      const body = { service: backend(), seconds: 60 };
      const { status: answered } = await context.app.request("/autoscaler/api/pause", { method: "POST", body });
      assert.equal(answered, 401);
      assert.match((await context.app.request("/autoscaler/")).body, /<title>Auto-scaler<\/title>/);
    });
  });
}
