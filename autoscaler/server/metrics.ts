import { Counter, Gauge, Registry } from "prom-client";
import { type Decision } from "../core/decide";
import { type ServicePolicy } from "../core/policy";
import { type Gauge as DaemonGauge } from "../daemon/readings";
import { type ManagedService } from "../targets/target";

/** Prometheus metrics of everything the daemon sees and does, prefixed `autoscaler_`. */
export class Metrics implements DaemonGauge {
  readonly registry = new Registry();
  private readonly replicas = this.gauge("autoscaler_replicas", "Replicas of a service by state: desired, ready, min, max, wanted", [
    "service",
    "state",
  ]);
  private readonly signal = this.gauge("autoscaler_signal_value", "Last value of a signal", ["service", "signal"]);
  private readonly vote = this.gauge("autoscaler_signal_replicas", "Replicas a signal asks for", ["service", "signal"]);
  private readonly missing = this.gauge("autoscaler_signal_missing", "1 while a signal has no data", ["service", "signal"]);
  private readonly actions = this.counter("autoscaler_actions_total", "Changes decided", ["service", "direction", "rule"]);
  private readonly held = this.counter("autoscaler_held_total", "Turns in which a change was wanted and held", ["service", "rule"]);
  private readonly leaderGauge = this.gauge("autoscaler_leader", "1 while this instance may scale", []);
  private readonly problems = this.gauge("autoscaler_problems", "Things that keep the daemon from its work", []);
  private readonly seconds = this.gauge("autoscaler_cycle_seconds", "Duration of the last turn over all services", []);
  private readonly last = this.gauge("autoscaler_last_cycle_timestamp_seconds", "Time of the last turn", []);

  leader(leading: boolean): void {
    this.leaderGauge.set(leading ? 1 : 0);
  }

  cycle(seconds: number, problems: number): void {
    this.seconds.set(seconds);
    this.problems.set(problems);
    this.last.setToCurrentTime();
  }

  service(service: ManagedService, policy: ServicePolicy, decision: Decision): void {
    const name = service.name;
    const states = { desired: service.desired, ready: service.ready, min: policy.min, max: policy.max, wanted: decision.to };
    for (const [state, value] of Object.entries(states)) this.replicas.set({ service: name, state }, value);
    for (const vote of decision.votes) {
      const labels = { service: name, signal: vote.signal };
      this.vote.set(labels, vote.count);
      this.missing.set(labels, vote.value === undefined ? 1 : 0);
      if (vote.value !== undefined) this.signal.set(labels, vote.value);
    }
    if (decision.to !== decision.from)
      this.actions.inc({ service: name, direction: decision.to > decision.from ? "up" : "down", rule: decision.rule });
    else if (["rollout", "paused", "cooldown", "rate", "placement", "flapping"].includes(decision.rule))
      this.held.inc({ service: name, rule: decision.rule });
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
