import { Cron } from "croner";
import { DEFAULTS, type ServicePolicy, type SignalPolicy } from "../core/policy";
import { type ServiceSettings, type Settings } from "./settings";

/** The policy of a service at a time: its own settings over the daemon's, and a schedule's bounds while it lasts. */
export function policyOf(settings: Settings, service: ServiceSettings, time: number): ServicePolicy {
  const signals: SignalPolicy[] = [
    { name: "cpu", kind: "cpu", target: service.cpu ?? settings.cpu },
    { name: "memory", kind: "memory", target: service.memory ?? settings.memory },
    ...(service.queries ?? []).map(({ name, kind, target, capacity }) => ({
      name,
      kind,
      target,
      ...(capacity === undefined ? {} : { capacity }),
    })),
  ];
  let min = service.min ?? settings.min;
  let max = service.max ?? settings.max;
  for (const schedule of service.schedules ?? []) {
    if (!isActive(schedule, time)) continue;
    min = schedule.min ?? min;
    max = schedule.max ?? max;
  }
  return {
    ...DEFAULTS,
    min: Math.min(min, max),
    max,
    signals,
    checkInterval: settings.checkInterval,
    fastInterval: settings.fastInterval,
    upCooldown: settings.upCooldown,
    downCooldown: settings.downCooldown,
    stabilization: settings.stabilization,
    startUp: service.startUp ?? DEFAULTS.startUp,
    growth: (service.growth ?? []).map(rateOf),
    shrinking: (service.shrinking ?? []).map(rateOf),
    growDuringRollout: service.growDuringRollout ?? false,
  };
}

function rateOf(rate: { replicas?: number | undefined; percent?: number | undefined; period: number }): {
  replicas?: number;
  percent?: number;
  period: number;
} {
  return {
    period: rate.period,
    ...(rate.replicas === undefined ? {} : { replicas: rate.replicas }),
    ...(rate.percent === undefined ? {} : { percent: rate.percent }),
  };
}

/** Whether a schedule (cron expression and duration, in its time zone) holds at a time. */
function isActive(schedule: { start: string; duration: number; timezone: string }, time: number): boolean {
  const since = new Date((time - schedule.duration) * 1000);
  const next = new Cron(schedule.start, { timezone: schedule.timezone }).nextRun(since);
  return next !== null && next.getTime() / 1000 <= time;
}

/** What is wrong with a service's schedules: an expression or a time zone that does not exist. */
export function checkSchedules(service: ServiceSettings, place: string, problems: string[]): void {
  for (const schedule of service.schedules ?? []) {
    try {
      new Cron(schedule.start, { timezone: schedule.timezone }).nextRun();
    } catch (error) {
      problems.push(
        `${place}: schedule "${schedule.start}" in ${schedule.timezone}: ${(error as Error).message}; write a cron expression like "0 8 * * 1-5"`,
      );
    }
  }
}
