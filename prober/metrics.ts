import { isIP } from "node:net";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Finding, Standing } from "./core/replica";
import type { Prober } from "./prober";

function withPort(address: string, port: number): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** How a name was answered. */
export type Answered = "whole" | "filtered" | "remembered" | "passed-on" | "failed";

/** Prometheus metrics of the prober; gauges are read from it at each scrape, so what is gone is not told any more. */
export class Metrics {
  readonly registry = new Registry();
  readonly #seconds = new Histogram({
    name: "nginx_upstream_probe_seconds",
    help: "Duration of probes",
    labelNames: ["target", "outcome"],
    buckets: [0.002, 0.01, 0.05, 0.2, 0.5, 1, 2, 5],
    registers: [this.registry],
  });
  readonly #moves = new Counter({
    name: "nginx_upstream_replica_transitions_total",
    help: "Replicas taken in or left out",
    labelNames: ["target", "to"],
    registers: [this.registry],
  });
  readonly #names = new Counter({
    name: "nginx_upstream_names_total",
    help: "Names nginx asked for, by how they were answered",
    labelNames: ["answer"],
    registers: [this.registry],
  });

  /** Adds the gauges of what is known now. */
  watch(prober: Prober): void {
    // As in nginx's own counters, `upstream` is a replica's address and port.
    const labelNames = ["target", "upstream"];
    const gauge = (name: string, help: string, labels: string[], set: (gauge: Gauge) => void) =>
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers: [this.registry],
        collect() {
          this.reset();
          set(this);
        },
      });
    const members = () =>
      prober
        .state()
        .flatMap(({ target, port, group }) =>
          [...group]
            .filter(([, { gone }]) => gone === undefined)
            .map(([address, member]) => ({ labels: { target, upstream: withPort(address, port) }, member })),
        );
    gauge("nginx_upstream_replica_up", "1 while a replica that DNS names works, 0 while it is left out", labelNames, (up) => {
      for (const { labels, member } of members()) if (member.standing !== "unproven") up.set(labels, member.standing === "in" ? 1 : 0);
    });
    gauge("nginx_upstream_probe_backoff_seconds", "Seconds between two probes of a replica that is left out", labelNames, (backoff) => {
      for (const { labels, member } of members()) backoff.set(labels, member.backoff);
    });
    gauge("nginx_upstream_fail_open", "1 while every replica fails and so all are used", ["target"], (open) => {
      for (const { target, failOpen } of prober.state()) open.set({ target }, failOpen ? 1 : 0);
    });
  }

  probed(target: string, finding: Finding, seconds: number): void {
    this.#seconds.observe({ target, outcome: finding.ok ? "success" : "failure" }, seconds);
  }

  moved(target: string, standing: Standing): void {
    this.#moves.inc({ target, to: standing });
  }

  answered(answer: Answered): void {
    this.#names.inc({ answer });
  }
}
