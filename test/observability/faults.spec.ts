import { raises } from "./raises";
import { WatchedStack } from "./watched-stack";

describe("faults of the watched stack", function () {
  this.timeout(900_000);
  this.slow(120_000);
  const stack = new WatchedStack();
  before("is up, in use, with a receiver of alerts", () => stack.up());
  after("leaves nothing", () => stack.down());

  const scale = (end: string, replicas: number) =>
    stack.context.engine.docker("service", "scale", "--detach", `${stack.context.service(end)}=${replicas}`);
  const away = (end: string, replicas = 1) => ({ break: () => scale(end, 0), mend: () => scale(end, replicas) });

  raises(stack, { fault: "PostgreSQL stops", alert: "PostgresDown", within: 75, ...away("postgres") });
  raises(stack, { fault: "PostgreSQL stops", alert: "ServiceNotReady", within: 90, ...away("postgres") });
  raises(stack, { fault: "the backend is gone", alert: "ReplicasBelowMinimum", within: 120, ...away("backend", 2) });
  raises(stack, { fault: "the frontend is gone", alert: "AddressDown", within: 120, ...away("frontend", 2) });
  raises(stack, { fault: "the engine's gate is gone", alert: "AutoscalerProblem", within: 150, ...away("engine-gate") });
  raises(stack, {
    fault: "a backend is killed again and again",
    alert: "ReplicasRestart",
    within: 150,
    clears: 420,
    break: async () => {
      for (let killed = 0; killed < 8; killed += 1) {
        const [id] = await stack.context.engine.containers(stack.context.service("backend"));
        if (id !== undefined) await stack.context.engine.attempt("kill", id);
        await new Promise((next) => setTimeout(next, 9000));
      }
    },
    mend: () => Promise.resolve(),
  });
});
