import type { AlertCase } from "./case.fixture";

const balancer = (replica: number, server: string) =>
  `nginx_upstream_replica_up{tier="load-balancer",workload="testbro-nginx-upstreams",replica="10.0.1.${replica}",instance="10.0.1.${replica}:8081",target="testbro-backend:3001",upstream="${server}:3001"}`;
const onTarget = { tier: "load-balancer", workload: "testbro-nginx-upstreams", target: "testbro-backend:3001" };

/** Cases of the group upstreams. */
export const UPSTREAM_CASES: AlertCase[] = [
  {
    alert: "UpstreamReplicaDown",
    bad: { [balancer(1, "10.0.0.2")]: "0x8 1x20", [balancer(2, "10.0.0.2")]: "1x40", [balancer(1, "10.0.0.3")]: "1x40" },
    fires: 30,
    recovered: 45,
    labels: { severity: "warning", ...onTarget, upstream: "10.0.0.2:3001" },
    summary: "A replica of testbro-backend:3001 fails the balancer's probes",
    description:
      "Replica 10.0.0.2:3001 of testbro-backend:3001 has failed the balancer's probes for 30 s and gets no requests while another works. The balancer's log names the reason.",
    quiet: [{ [balancer(1, "10.0.0.2")]: "0x5 1x20" }, { [balancer(1, "10.0.0.2")]: "0x5 stale" }],
  },
  {
    alert: "UpstreamAllReplicasDown",
    bad: {
      [balancer(1, "10.0.0.2")]: "0x6 1x20",
      [balancer(1, "10.0.0.3")]: "0x20",
      [balancer(2, "10.0.0.2")]: "1x40",
    },
    fires: 10,
    recovered: 35,
    labels: { severity: "critical", ...onTarget },
    summary: "Every replica of testbro-backend:3001 fails the balancer's probes",
    description:
      "No replica of testbro-backend:3001 has passed the balancer's probes for 10 s, so requests go to all of them and may fail. Look at what they share first: the database, the cache, the last release.",
    quiet: [{ [balancer(1, "10.0.0.2")]: "0x20", [balancer(1, "10.0.0.3")]: "1x20" }, { [balancer(1, "10.0.0.2")]: "0 1x20" }],
  },
];
