#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { evaluateRules } from "./core/evaluate";
import { preset, SettingsError } from "./core/settings";
import { readState, StateError } from "./core/state";
import { FORMATS, render, type Format } from "./formats";
import { explain, listing } from "./pages";
import { rules } from "./rules";

/** Exit codes: clean, mandatory findings, could not run. */
const CLEAN = 0;
const VIOLATIONS = 1;
const FAILED = 2;

const USAGE = `Checks exported Pulumi state against the TestBro policies.

  testbro-policy check FILE [--preset advisory|standard|strict] [--config FILE] [--format text|json|sarif|junit]
  testbro-policy list [--format text|json]
  testbro-policy explain RULE

FILE is what "pulumi stack export" wrote ("-": standard input). --config: levels and parameters by rule id, in the form of
Pulumi's --policy-pack-config. Exit code 0: no mandatory finding; 1: mandatory findings; 2: could not run.
`;

class UsageError extends Error {}

function format(name: string): Format {
  const found = FORMATS.find((known) => known === name);
  if (!found) throw new UsageError(`format "${name}" does not exist; use one of ${FORMATS.join(", ")}`);
  return found;
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${what} ${file}: ${(error as Error).message}`);
  }
}

function json(file: string): unknown {
  try {
    return JSON.parse(read(file, "the configuration")) as unknown;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the configuration ${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Where the command line writes to. */
export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

function check(file: string | undefined, options: { preset?: string; config?: string; format?: string }, { stdout }: Streams): number {
  if (file === undefined) throw new UsageError('name the state file: testbro-policy check FILE ("-" for standard input)');
  const output = format(options.format ?? "text");
  const level = preset(options.preset ?? "standard");
  const settings = options.config === undefined ? {} : json(options.config);
  const resources = readState(read(file, "the state"));
  const report = evaluateRules(rules, resources, { preset: level, settings: settings as Record<string, never> });
  stdout.write(render(output, report, rules, { file, preset: level }));
  return report.passed ? CLEAN : VIOLATIONS;
}

/** Runs the command line. @returns the exit code */
export function main(args: readonly string[], streams: Streams = process): number {
  const { stdout, stderr } = streams;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        preset: { type: "string" },
        config: { type: "string" },
        format: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    const [command, argument, ...more] = positionals;
    if (values.help || command === undefined) {
      (values.help ? stdout : stderr).write(USAGE);
      return values.help ? CLEAN : FAILED;
    }
    if (more.length > 0) throw new UsageError(`"${more.join(" ")}" is too much; one argument is taken`);
    if (command === "check") return check(argument, values, streams);
    if (command === "list") stdout.write(listing(rules, values.format === "json"));
    else if (command === "explain") {
      const rule = rules.find(({ id }) => id === argument);
      if (!rule) throw new UsageError(`there is no rule "${argument ?? ""}"; list them with "testbro-policy list"`);
      stdout.write(explain(rule));
    } else throw new UsageError(`there is no command "${command}"`);
    return CLEAN;
  } catch (error) {
    const known =
      error instanceof UsageError ||
      error instanceof SettingsError ||
      error instanceof StateError ||
      (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    stderr.write(`testbro-policy: ${known ? (error as Error).message : (error as Error).stack}\n`);
    return FAILED;
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
