import { rateWindow, RECORDED } from "../builtin";
import type { Settings } from "../options";
import type { DashboardDescription } from "./describe";

/** What the auto-scaler of a Swarm sees, decides and declines. */
export function autoScaling(settings: Settings): DashboardDescription {
  const chosen = 'service=~"$service"';
  const window = `${rateWindow(settings.scrapeInterval)}s`;
  const state = (name: string) => ({
    expr: `max by (service) (autoscaler_replicas{${chosen},state="${name}"})`,
    legend: `{{service}} ${name}`,
  });
  return {
    name: "auto-scaling",
    title: "Auto-scaling",
    description: "Replicas, what asks for them, and why they are as many as they are. The sentences are on the auto-scaler's own page.",
    variables: [{ name: "service", label: "Service", query: "label_values(autoscaler_replicas, service)" }],
    rows: [
      {
        title: "Now",
        panels: [
          {
            title: "Last word",
            description:
              "The rule behind the last decision. steady and signal are the everyday; rollout, paused, cooldown, rate, placement and flapping hold a change back; no-data means blind.",
            kind: "table",
            unit: "count",
            queries: [{ expr: `max by (service, rule) (autoscaler_decision{${chosen}})`, legend: "" }],
            runbook: "autoscaling.md#scalingheld",
          },
          {
            title: "May scale",
            description: "1 while this instance holds the lease.",
            kind: "stat",
            unit: "count",
            queries: [{ expr: "max(autoscaler_leader)", legend: "leader" }],
            limits: { warning: 1, critical: 1, bad: "below" },
            runbook: "autoscaling.md#autoscalerproblem",
          },
          {
            title: "Problems",
            description: "Things that keep it from its work; its page names them.",
            kind: "stat",
            unit: "count",
            queries: [{ expr: "max(autoscaler_problems)", legend: "problems" }],
            limits: { warning: 1, critical: 3 },
            runbook: "autoscaling.md#autoscalerproblem",
          },
          {
            title: "Since its last turn",
            description: "A turn takes seconds; a long time means that it is stuck.",
            kind: "stat",
            unit: "seconds",
            queries: [{ expr: "time() - max(autoscaler_last_cycle_timestamp_seconds)", legend: "age" }],
            limits: { warning: 30, critical: 120 },
            runbook: "autoscaling.md#autoscalerstalled",
          },
        ],
      },
      {
        title: "Replicas",
        panels: [
          {
            title: "Replicas and limits",
            description: "Asked for, ready, wanted by the last decision, and between which bounds.",
            kind: "series",
            unit: "count",
            queries: ["desired", "ready", "wanted", "min", "max"].map(state),
            runbook: "autoscaling.md#scalingatmaximum",
          },
          {
            title: "Replicas each signal asks for",
            description: "The highest wins.",
            kind: "series",
            unit: "count",
            queries: [{ expr: `max by (service, signal) (autoscaler_signal_replicas{${chosen}})`, legend: "{{service}} {{signal}}" }],
          },
          {
            title: "Changes",
            description: "Decided within 5 min, by direction and rule.",
            kind: "series",
            unit: "count",
            queries: [
              {
                expr: `sum by (service, direction, rule) (increase(autoscaler_actions_total{${chosen}}[5m])) or max by (service) (autoscaler_replicas{${chosen},state="desired"}) * 0`,
                legend: "{{service}} {{direction}} {{rule}}",
              },
            ],
          },
          {
            title: "Held back",
            description: "Turns within 5 min in which a change was wanted and not made, by the rule that held it.",
            kind: "series",
            unit: "count",
            queries: [
              {
                expr: `sum by (service, rule) (increase(autoscaler_held_total{${chosen}}[5m])) or max by (service) (autoscaler_replicas{${chosen},state="desired"}) * 0`,
                legend: "{{service}} {{rule}}",
              },
            ],
            runbook: "autoscaling.md#scalingheld",
          },
        ],
      },
      {
        title: "Signals",
        panels: [
          {
            title: "Signals",
            description:
              "Last values: CPU and memory in percent of the reservation, requests per second over all replicas, latency in seconds, jobs.",
            kind: "series",
            unit: "count",
            queries: [{ expr: `max by (service, signal) (autoscaler_signal_value{${chosen}})`, legend: "{{service}} {{signal}}" }],
          },
          {
            title: "Forecast against actual",
            description:
              "What demand was expected to be when a replica started then would serve, and what it is. Only services scaled by requests or queue have one; the rest show their request rate alone.",
            kind: "series",
            unit: "count",
            queries: [
              { expr: `max by (service, signal) (autoscaler_signal_forecast{${chosen}})`, legend: "{{service}} {{signal}} forecast" },
              {
                expr: `max by (service, signal) (autoscaler_signal_value{${chosen},signal=~"requests.*|queue.*"})`,
                legend: "{{service}} {{signal}}",
              },
              { expr: "sum by (workload) (" + RECORDED.requests + '{workload=~"$service"})', legend: "{{workload}} requests/s" },
            ],
          },
          {
            title: "Signals without data",
            description: "1: missing. No data never shrinks a service.",
            kind: "series",
            unit: "count",
            queries: [{ expr: `max by (service, signal) (autoscaler_signal_missing{${chosen}})`, legend: "{{service}} {{signal}}" }],
            limits: { warning: 1, critical: 1 },
            runbook: "autoscaling.md#scalingsignalmissing",
          },
          {
            title: "Its own cost",
            description: "Seconds of a turn, and of CPU per second.",
            kind: "series",
            unit: "seconds",
            queries: [
              { expr: "max(autoscaler_cycle_seconds)", legend: "turn" },
              {
                expr: `sum by (service) (rate(container_cpu_usage_seconds_total{service=~".*-(autoscaler|engine-gate)"}[${window}]))`,
                legend: "{{service}} CPU",
              },
            ],
          },
        ],
      },
    ],
  };
}
