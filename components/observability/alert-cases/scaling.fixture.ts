import { replaced, type AlertCase, type Series } from "./case.fixture";

const scaler = (metric: string, more = "") => `${metric}{tier="autoscaling",workload="testbro-autoscaler"${more}}`;
const service = (metric: string, more: string) => scaler(metric, `,service="testbro-backend"${more}`);
const onService = { service: "testbro-backend" };
const onScaler = { workload: "testbro-autoscaler" };

const replicas = (desired: string, max: string): Series => ({
  [service("autoscaler_replicas", ',state="desired"')]: desired,
  [service("autoscaler_replicas", ',state="max"')]: max,
});

/** Cases of the group autoscaling. */
export const SCALING_CASES: AlertCase[] = [
  {
    alert: "AutoscalerProblem",
    bad: { [scaler("autoscaler_problems")]: "2x14 0x20" },
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", ...onScaler },
    summary: "The auto-scaler cannot do its work",
    description: "2 problems keep the auto-scaler from its work for 1 min; its status page and its log name them.",
    quiet: [{ [scaler("autoscaler_problems")]: "1x11 0x20" }],
  },
  {
    alert: "AutoscalerStalled",
    bad: { [scaler("autoscaler_last_cycle_timestamp_seconds")]: "0x30 155x20" },
    fires: 125,
    recovered: 160,
    labels: { severity: "critical", ...onScaler },
    summary: "The auto-scaler has stopped looking",
    description: "The auto-scaler finished its last turn 2m 5s ago; a turn takes seconds. Nothing is scaled.",
    quiet: [{ [scaler("autoscaler_last_cycle_timestamp_seconds")]: "0+5x100" }],
  },
  {
    alert: "AutoscalerBlind",
    bad: {
      [service("autoscaler_signal_missing", ',signal="cpu"')]: "1x14 0x20",
      [service("autoscaler_signal_missing", ',signal="memory"')]: "1x40",
    },
    fires: 60,
    recovered: 75,
    labels: { severity: "critical", ...onService },
    summary: "testbro-backend is not scaled: none of its signals has data",
    description: "All signals of testbro-backend have had no data for 1 min. It keeps the replicas it has, whatever the load.",
    quiet: [
      {
        [service("autoscaler_signal_missing", ',signal="cpu"')]: "0x40",
        [service("autoscaler_signal_missing", ',signal="memory"')]: "1x40",
      },
    ],
  },
  {
    alert: "ScalingHeld",
    bad: { [service("autoscaler_decision", ',rule="rollout"')]: "1x182 stale" },
    fires: 900,
    recovered: 1000,
    labels: { severity: "warning", ...onService },
    summary: "A change of testbro-backend has been held for long",
    description:
      "For 15 min testbro-backend has not been scaled because a rollout runs, somebody paused it, or the nodes have no room. Its page says which.",
    quiet: [
      { [service("autoscaler_decision", ',rule="cooldown"')]: "1x200" },
      { [service("autoscaler_decision", ',rule="rollout"')]: "1x160 stale" },
    ],
  },
  {
    alert: "ScalingAtMaximum",
    // By an auto-scaler until 60 s, and by another one from 50 s on.
    bad: replaced(replicas("5x12 stale", "5x12 stale"), replicas("_x10 5x52 4x20", "_x10 5x100")),
    fires: 300,
    recovered: 320,
    labels: { severity: "warning", ...onService },
    summary: "testbro-backend has as many replicas as it may",
    description: "testbro-backend has been at its maximum of 5 replicas for 5 min. More load finds no more capacity: raise the maximum.",
    quiet: [replicas("4x100", "5x100")],
  },
  {
    alert: "ScalingSignalMissing",
    bad: { [service("autoscaler_signal_missing", ',signal="cpu"')]: "1x62 0x20" },
    fires: 300,
    recovered: 320,
    labels: { severity: "warning", signal: "cpu", ...onService },
    summary: "testbro-backend is scaled without its signal cpu",
    description: "cpu of testbro-backend has had no data for 5 min: the service is not shrunk, and grows on its other signals only.",
    quiet: [{ [service("autoscaler_signal_missing", ',signal="cpu"')]: "1x58 0x20" }],
  },
];
