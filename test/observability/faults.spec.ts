import { CrashLoop } from "./crash-loop";
import { raises } from "./raises";
import { ShortCertificate } from "./short-certificate";
import { SlowDatabase } from "./slow-database";
import { WatchedStack } from "./watched-stack";

// Seconds are what docs/observability.md says of each alert, and for a scrape, an evaluation, the group's wait and a busy machine 45 more.
describe("faults of the watched stack", function () {
  this.timeout(900_000);
  this.slow(120_000);
  const stack = new WatchedStack();
  const { context } = stack;
  before("is up, in use, with a receiver of alerts", () => stack.up());
  after("leaves nothing", () => stack.down());

  const scale = (end: string, replicas: number) =>
    context.engine.docker("service", "scale", "--detach", `${context.service(end)}=${replicas}`);
  const away = (end: string) => ({ break: () => scale(end, 0), mend: () => scale(end, 1) });
  /** Of a service that the auto-scaler would bring back at once, unless somebody has paused it. */
  const pausedAway = (end: string) => {
    const update = (...args: string[]) => context.engine.docker("service", "update", "--detach", ...args, context.service(end));
    return {
      break: () => update("--label-add", `autoscaler.pause_until=${Math.round(Date.now() / 1000) + 600}`, "--replicas", "0"),
      mend: () => update("--label-rm", "autoscaler.pause_until", "--replicas", "2"),
    };
  };

  raises(stack, { fault: "PostgreSQL stops", alerts: { PostgresDown: 75, ServiceNotReady: 75 }, ...away("postgres") });
  raises(stack, { fault: "Redis stops", alerts: { RedisDown: 75, ServiceNotReady: 75 }, ...away("redis") });
  raises(stack, { fault: "the backend is gone", alerts: { ReplicasBelowMinimum: 120 }, workload: "-backend", ...pausedAway("backend") });
  raises(stack, { fault: "the frontend is gone", alerts: { AddressDown: 105 }, ...pausedAway("frontend") });
  raises(stack, {
    fault: "the balancer is gone",
    // Prometheus may take half a minute to give up the last balancer.
    alerts: { ReplicasBelowMinimum: 120, AddressDown: 135 },
    workload: { ReplicasBelowMinimum: "-nginx" },
    ...away("nginx"),
  });
  raises(stack, { fault: "the auto-scaler is blind", alerts: { AutoscalerProblem: 120 }, ...away("engine-gate") });

  const slow = new SlowDatabase(
    () => context.engine,
    () => context.service("postgres"),
  );
  raises(stack, {
    fault: "the database makes everybody wait",
    alerts: { HighLatency: 240 },
    workload: "-backend",
    // The rate's minute has to pass.
    clears: 180,
    break: () => Promise.resolve(slow.start(2)),
    mend: () => slow.stop(),
  });

  const certificate = new ShortCertificate(context);
  raises(stack, {
    fault: "nobody renewed the certificate",
    alerts: { CertificateExpiresNow: 120 },
    break: () => certificate.use(2),
    mend: () => certificate.drop(),
  });

  raises(stack, {
    fault: "the disk fills",
    alerts: { DiskFull: 120 },
    unless: () => stack.disk.lacks,
    break: () => stack.disk.fill(),
    mend: () => stack.disk.empty(),
  });

  const crashes = new CrashLoop(
    () => context.engine,
    () => context.service("backend"),
  );
  raises(stack, {
    fault: "a backend is killed again and again",
    alerts: { ReplicasRestart: 300 },
    workload: "-backend",
    // Starts count for five minutes.
    clears: 420,
    break: () => Promise.resolve(crashes.start()),
    mend: () => crashes.stop(),
  });
});
