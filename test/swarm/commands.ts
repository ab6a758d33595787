import { spawn, type ChildProcess } from "node:child_process";
import { join, resolve } from "node:path";

/** Root folder of the checkout; this file runs from `test/dist/swarm`. */
export const CHECKOUT = resolve(__dirname, "../../..");

/** What a command did. */
export interface Result {
  code: number;
  stdout: string;
  stderr: string;
  /** Both streams, in the order in which they came. */
  output: string;
}

export interface RunOptions {
  /** Variables on top of this process's; undefined takes one away. */
  env?: Record<string, string | undefined>;
  /** Milliseconds, after which it is killed and the run fails. @default 300000 */
  timeout?: number;
}

/** A command that runs. */
export interface Running {
  child: ChildProcess;
  /** What it has said so far. */
  said(): string;
  done: Promise<Result>;
}

/** Starts a command in a process group of its own, so that a signal can reach all of it, as Ctrl-C does. */
export function start(command: string, args: string[], { env = {}, timeout = 300_000 }: RunOptions = {}): Running {
  const child = spawn(command, args, {
    cwd: CHECKOUT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const said = { stdout: "", stderr: "", output: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text;
      said.output += text;
    });
  }
  const done = new Promise<Result>((resolveRun, reject) => {
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      reject(new Error(`${[command, ...args].join(" ")} did not end within ${timeout / 1000} s; it said:\n${said.output}`));
    }, timeout);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolveRun({ code: code ?? 1, ...said });
    });
  });
  return { child, said: () => said.output, done };
}

/** Runs a command to its end, whatever its exit code. */
export function run(command: string, args: string[], options?: RunOptions): Promise<Result> {
  return start(command, args, options).done;
}

/** Standard output of a command that must succeed. */
export async function must(command: string, args: string[], options?: RunOptions): Promise<string> {
  const { code, stdout, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with code ${code}:\n${output}`);
  return stdout;
}

/** One of the commands a person runs: `npm run <name> -- <args>`. */
export type ScriptName = "up" | "preview" | "status" | "down";

export function startScript(name: ScriptName, args: string[] = [], options?: RunOptions): Running {
  return start(process.execPath, [join(CHECKOUT, "scripts", `${name}.mjs`), ...args], options);
}

export function script(name: ScriptName, args: string[] = [], options?: RunOptions): Promise<Result> {
  return startScript(name, args, options).done;
}

/** A script that must succeed; its standard output. */
export async function mustScript(name: ScriptName, args: string[] = [], options?: RunOptions): Promise<string> {
  const { code, stdout, output } = await script(name, args, options);
  if (code !== 0) throw new Error(`npm run ${name} -- ${args.join(" ")} ended with code ${code}:\n${output}`);
  return stdout;
}

/** Repeats `check` until it no longer throws. @throws its last error after `seconds` */
export async function eventually<T>(seconds: number, check: () => Promise<T> | T, every = 500): Promise<T> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((next) => setTimeout(next, every));
    }
  }
}
