import { defineRule } from "../core/rule";
import { WORKLOAD_KINDS } from "../platforms/workloads";

export const workloadProbesRule = defineRule({
  id: "health-workload-probes",
  group: "health",
  title: "A Workload's liveness asks the process alone, and what serves requests also has readiness.",
  severity: "medium",
  why: "On Swarm the children show one health check only, so that nobody else notices when it is the readiness question: replicas are then restarted because their database is away.",
  fix: "Give health.live an endpoint of its own, and health.ready the one that asks for what a request needs.",
  example: `health: { live: { http: { port: "http", path: "/live" } }, ready: { http: { port: "http", path: "/ready" } } }`,
  kinds: WORKLOAD_KINDS,
  check({ props, report }) {
    const workload = props.at("workload");
    if (!workload.exists) return;
    const [live, ready] = [workload.at("health", "live"), workload.at("health", "ready")];
    if (!live.exists) return report("there is no liveness question", workload.at("health"));
    if (!ready.exists) {
      if (workload.at("kind").text() === "service" && workload.at("ports").list().length > 0)
        report("there is no readiness question", workload.at("health"));
      return;
    }
    const question = (probe: typeof live) => JSON.stringify([probe.at("http").json(), probe.at("tcp").json(), probe.at("exec").json()]);
    if (question(live) === question(ready)) report("liveness and readiness ask the same", live);
  },
});
