import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Command } from "commander";
import { describe, draw, simulate } from "../simulate/report";
import { parseTime, parseTrace, TraceError } from "../simulate/trace";
import { UsageError } from "./errors";

/** `simulate`: replays a trace through the daemon's own decisions or through a public algorithm. */
export function addSimulate(program: Command): void {
  program
    .command("simulate")
    .description("replay a trace of requests and report requests over capacity, replicas and actions")
    .requiredOption("--trace <file>", "CSV with the header period,count")
    .option("--from <time>", "first period, YYYY-MM-DD HH:MM:SS (UTC) or seconds")
    .option("--to <time>", "end, not included")
    .option("--algorithm <name>", "ours, hpa-cpu, hpa-rps, hpa-rps-150, kpa or threshold", "ours")
    .option("--peak <rate>", "scale the highest rate to this many requests/s; 0 for no scaling", "1400")
    .option("--noise <seed>", "draw each tick's requests from a Poisson distribution")
    .option("--lag <seconds>", "delay what the algorithm sees", "0")
    .option("--capacity <rate>", "requests/s one replica serves", "100")
    .option("--json", "print the report as JSON")
    .action((options: Record<string, string | undefined> & { json?: boolean }) => {
      const problems: string[] = [];
      const time = (name: string): number | undefined => {
        const text = options[name];
        const parsed = text === undefined ? undefined : parseTime(text);
        if (text !== undefined && parsed === undefined)
          problems.push(`--${name} "${text}" is no time; write YYYY-MM-DD HH:MM:SS or seconds`);
        return parsed;
      };
      const number = (name: string, least: number): number | undefined => {
        const text = options[name];
        if (text === undefined) return undefined;
        const parsed = text.trim() === "" ? NaN : Number(text);
        if (!Number.isFinite(parsed) || parsed < least) problems.push(`--${name} "${text}" is not a number of ${least} or more`);
        return parsed;
      };
      const [from, to, peak, noise, lag, capacity] = [
        time("from"),
        time("to"),
        number("peak", 0),
        number("noise", 0),
        number("lag", 0),
        number("capacity", 0.001),
      ];
      if (problems.length > 0) throw new UsageError(problems);
      const file = options.trace as string;
      let text: string;
      try {
        text = readFileSync(file, "utf8");
      } catch (error) {
        throw new UsageError([`--trace ${file} cannot be read: ${(error as Error).message}`]);
      }
      try {
        const { report, course } = simulate(
          basename(file),
          parseTrace(text),
          definedOnly({ from, to, peak, noise, lag, capacity, algorithm: options.algorithm }),
        );
        process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : `${describe(report)}\n${draw(course)}\n`);
      } catch (error) {
        if (error instanceof TraceError) throw new UsageError(error.problems.map((problem) => `${file}: ${problem}`));
        if (error instanceof RangeError) throw new UsageError([error.message]);
        throw error;
      }
    });
}

function definedOnly<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter((entry) => entry[1] !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}
