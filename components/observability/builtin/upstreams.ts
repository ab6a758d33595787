import type { RuleGroup } from "../rules";

/** Gauge of the balancer's prober: 1 while a replica that DNS names works, 0 while it is left out. */
const UP = "nginx_upstream_replica_up";

/** What the balancers themselves find of the replicas they lead to. */
export function upstreams(): RuleGroup {
  return {
    name: "upstreams",
    rules: [
      {
        alert: "UpstreamReplicaDown",
        // As soon as one of several balancers finds it so.
        expr: `min by (tier, workload, target, upstream) (${UP}) == 0`,
        forSeconds: 30,
        severity: "warning",
        summary: "A replica of {{ $labels.target }} fails the balancer's probes",
        description:
          "Replica {{ $labels.upstream }} of {{ $labels.target }} has failed the balancer's probes for 30 s and gets no requests while another works. The balancer's log names the reason.",
      },
      {
        alert: "UpstreamAllReplicasDown",
        expr: `min by (tier, workload, target) (max by (tier, workload, target, instance) (${UP})) == 0`,
        forSeconds: 10,
        severity: "critical",
        summary: "Every replica of {{ $labels.target }} fails the balancer's probes",
        description:
          "No replica of {{ $labels.target }} has passed the balancer's probes for 10 s, so requests go to all of them and may fail. Look at what they share first: the database, the cache, the last release.",
      },
    ],
  };
}
