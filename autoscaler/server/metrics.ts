import { Counter, Gauge, Registry } from "prom-client";
import { type Decision } from "../core/decide";
import { type ServicePolicy } from "../core/policy";
import { FAULTS } from "../daemon/faults";
import { type Gauge as DaemonGauge } from "../daemon/readings";
import { type ManagedService } from "../targets/target";

const STATES = ["desired", "ready", "min", "max", "wanted"] as const;

/** Prometheus metrics of everything the daemon sees and does, prefixed `autoscaler_`. */
export class Metrics implements DaemonGauge {
  readonly registry = new Registry();
  /** Signals of each service that has been seen: what is gone must not be told for ever. */
  private readonly series = new Map<string, Set<string>>();
  /** The rule of each service's last decision. */
  private readonly rules = new Map<string, string>();
  private readonly replicas = this.gauge("autoscaler_replicas", "Replicas of a service by state: desired, ready, min, max, wanted", [
    "service",
    "state",
  ]);
  private readonly signal = this.gauge("autoscaler_signal_value", "Last value of a signal", ["service", "signal"]);
  private readonly vote = this.gauge("autoscaler_signal_replicas", "Replicas a signal asks for", ["service", "signal"]);
  private readonly forecast = this.gauge(
    "autoscaler_signal_forecast",
    "What a signal of demand is expected to be when a replica started now would serve",
    ["service", "signal"],
  );
  private readonly decision = this.gauge("autoscaler_decision", "1 for the rule that had the last word in the last turn", [
    "service",
    "rule",
  ]);
  private readonly missing = this.gauge("autoscaler_signal_missing", "1 while a signal has no data", ["service", "signal"]);
  private readonly actions = this.counter("autoscaler_actions_total", "Changes decided", ["service", "direction", "rule"]);
  private readonly held = this.counter("autoscaler_held_total", "Turns in which a change was wanted and held", ["service", "rule"]);
  private readonly leaderGauge = this.gauge("autoscaler_leader", "1 while this instance may scale", []);
  private readonly problems = this.gauge("autoscaler_problems", "Things that keep the daemon from its work", []);
  private readonly fault = this.gauge(
    "autoscaler_fault",
    `1 while something of its kind keeps the daemon from its work: ${FAULTS.join(", ")}`,
    ["fault"],
  );
  private readonly seconds = this.gauge("autoscaler_cycle_seconds", "Duration of the last turn over all services", []);
  private readonly last = this.gauge("autoscaler_last_cycle_timestamp_seconds", "Time of the last turn", []);

  leader(leading: boolean): void {
    this.leaderGauge.set(leading ? 1 : 0);
  }

  cycle(seconds: number, problems: number, faults: ReadonlySet<string>): void {
    this.seconds.set(seconds);
    this.problems.set(problems);
    for (const fault of FAULTS) this.fault.set({ fault }, faults.has(fault) ? 1 : 0);
    this.last.setToCurrentTime();
  }

  keep(services: ReadonlySet<string>): void {
    for (const [name, sets] of this.series) {
      if (services.has(name)) continue;
      this.series.delete(name);
      for (const signal of sets) for (const gauge of [this.signal, this.vote, this.missing, this.forecast]) gauge.remove(name, signal);
      for (const state of STATES) this.replicas.remove(name, state);
      this.forgetDecision(name);
    }
  }

  service(service: ManagedService, policy: ServicePolicy, decision: Decision): void {
    const name = service.name;
    const states = { desired: service.desired, ready: service.ready, min: policy.min, max: policy.max, wanted: decision.to };
    for (const state of STATES) this.replicas.set({ service: name, state }, states[state]);
    const signals = this.series.get(name) ?? new Set();
    this.series.set(name, signals);
    for (const vote of decision.votes) {
      signals.add(vote.signal);
      const labels = { service: name, signal: vote.signal };
      this.vote.set(labels, vote.count);
      this.missing.set(labels, vote.value === undefined ? 1 : 0);
      if (vote.value !== undefined) this.signal.set(labels, vote.value);
      if (vote.forecast === undefined) this.forecast.remove(labels);
      else this.forecast.set(labels, vote.forecast);
    }
    this.forgetDecision(name);
    this.decision.set({ service: name, rule: decision.rule }, 1);
    this.rules.set(name, decision.rule);
    if (decision.to !== decision.from)
      this.actions.inc({ service: name, direction: decision.to > decision.from ? "up" : "down", rule: decision.rule });
    else if (["rollout", "paused", "cooldown", "rate", "placement", "flapping"].includes(decision.rule))
      this.held.inc({ service: name, rule: decision.rule });
  }

  private forgetDecision(service: string): void {
    const rule = this.rules.get(service);
    if (rule !== undefined) this.decision.remove(service, rule);
    this.rules.delete(service);
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
