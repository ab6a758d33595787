import { defineRule } from "../core/rule";
import { commandLineOf, containersOf, labelOf } from "../platforms/containers";

/** Greatest gap between two runs of a cron expression, in hours, as far as hour, day, month and weekday tell; undefined for a macro or nonsense. */
export function longestGapHours(expression: string): number | undefined {
  const macro: Record<string, number> = {
    "@hourly": 1,
    "@daily": 24,
    "@midnight": 24,
    "@weekly": 168,
    "@monthly": 744,
    "@yearly": 8784,
    "@annually": 8784,
  };
  const trimmed = expression.trim();
  const every = /^@every (\d+)h/.exec(trimmed);
  if (trimmed in macro) return macro[trimmed];
  if (every) return Number(every[1]);
  const fields = trimmed.replace(/^(?:CRON_)?TZ=\S+\s+/, "").split(/\s+/);
  // Six fields begin with seconds.
  const [, hour, day, month, weekday] = fields.length === 6 ? fields.slice(1) : fields;
  if (fields.length < 5 || fields.length > 6 || !hour || !day || !month || !weekday) return undefined;
  if (!/^[*?]/.test(month)) return 8784;
  if (!/^(?:[*?]|\*\/1)$/.test(day)) return /^\*\/(\d+)$/.test(day) ? 24 * Number(day.slice(2)) : 744;
  if (!/^[*?]$/.test(weekday) && !/^(?:0-6|1-7|0-7|MON-SUN|SUN-SAT)$/i.test(weekday)) return weekday.includes("-") ? 72 : 168;
  const step = /^\*\/(\d+)$/.exec(hour);
  if (hour === "*" || step) return step ? Number(step[1]) : 1;
  const hours = hour.split(",").map(Number);
  if (hours.some((value) => !Number.isInteger(value))) return 24;
  const sorted = [...hours].sort((a, b) => a - b);
  return Math.max(...sorted.map((value, index) => (index + 1 < sorted.length ? sorted[index + 1]! : sorted[0]! + 24) - value));
}

export const backupScheduleRule = defineRule({
  id: "backup-schedule",
  group: "backup",
  title: "A backup runs once a day or more often.",
  severity: "medium",
  why: "The time between two backups is the work that is lost.",
  fix: "Shorten the schedule, or archive the write-ahead log continuously.",
  example: `schedule: "15 2 * * *"`,
  kinds: ["batch/CronJob", "postgresql.cnpg.io/ScheduledBackup", "docker/Service"],
  parameters: { maxHours: { type: "number", description: "Longest time between two backups in hours.", default: 24, minimum: 1 } },
  check({ view, props, report, parameter }) {
    const swarm = view.kind === "docker/Service";
    const dumps = () =>
      containersOf(view).some((container) =>
        commandLineOf(container).some(
          (word) => word.known && /\b(?:pg_dump|pg_basebackup|mysqldump|mongodump|restic|wal-g)\b/.test(word.text() ?? ""),
        ),
      );
    if (view.kind !== "postgresql.cnpg.io/ScheduledBackup" && labelOf(view, "policy.testbro.ai/backs-up") === undefined && !dumps()) return;
    const schedule = swarm ? props.at("taskSpec", "containerSpec", "env", "BACKUP_SCHEDULE") : props.at("spec", "schedule");
    if (swarm && !schedule.written) return;
    const text = schedule.text() ?? "";
    const gap = longestGapHours(text);
    if (gap === undefined) report(`"${text}" is no cron schedule`, schedule);
    else if (gap > parameter<number>("maxHours")) report(`"${text}" leaves ${gap} h between two backups`, schedule);
    if (view.kind === "postgresql.cnpg.io/ScheduledBackup" && props.at("spec", "suspend").flag() === true)
      report("the backup is suspended", props.at("spec", "suspend"));
  },
});
